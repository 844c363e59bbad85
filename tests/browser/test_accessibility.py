"""axe-core on every page and its states, in both themes, and the contrast of what axe cannot read: charts."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from benchmarks.browser import settle

STATES = (
    "",
    "?lang=de&grid=true&measures=true",
    "?compare=true&other-photo=hairy&look=wipe",
    "lesson",
    "lesson?step=2",
    "lesson?step=3",
    "what-if",
    "what-if?try=designer",
    "laboratory?lab-malignant=100&lab-mend=masking",
    "quiz",
    "lesson-plan",
    "lesson-plan?present=no-lesion",
    "thresholds",
    "triage",
    "data",
    "data?part=4",
    "data?part=6",
    "data?part=7",
    "data?part=8",
    "model",
    "model?read=train",
)
# WCAG 2.2 AA for text. A chart's words are in its SVG, which axe-core does not look into.
LEAST_CONTRAST = 4.5
BACKGROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
CHART_CONTRASTS = """() => {
    const channels = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => {
        const [r, g, b] = channels(colour).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const page = luminance(getComputedStyle(document.querySelector('.stApp')).backgroundColor);
    const written = '.stPlotlyChart text:not(.heatmap-label text)';
    return [...document.querySelectorAll(written)].map(text => {
        const ink = luminance(getComputedStyle(text).fill);
        return [text.textContent, (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05)];
    });
}"""


@pytest.fixture(scope="module")
def page(browser):
    """One for all states, as the browser need not read and compile the page's scripts for each."""
    page = browser.new_page(viewport={"width": 1400, "height": 3000}, reduced_motion="reduce")
    yield page
    page.close()


@pytest.mark.parametrize("state", STATES)
def test_nothing_serious_for_axe(address, page, state):
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/{state}")
    page.locator("h1").first.wait_for(timeout=90_000)
    for theme, background in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(13, 19, 23)")):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(f"{BACKGROUND} === '{background}'")
        settle(page)
        assert not serious(page), theme
        contrasts = page.evaluate(CHART_CONTRASTS)
        charted = state.startswith(("thresholds", "what-if", "laboratory"))
        assert contrasts or not charted, "no chart was looked at"
        assert not [text for text, ratio in contrasts if ratio < LEAST_CONTRAST], theme


def test_a_fault_would_be_found(page):
    page.set_content("<html lang='en'><title>t</title><main><h1 style='color:#999'>Faint</h1><img></main>")
    assert {violation.split(":")[0] for violation in serious(page)} == {"color-contrast", "image-alt"}


def serious(page) -> list[str]:
    """Return axe-core's serious and critical violations on the page, with the first place of each."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{found['id']}: {found['help']}: {found['nodes'][0]['html'][:200]}"
        for found in violations
        if found["impact"] in ("serious", "critical")
    ]
