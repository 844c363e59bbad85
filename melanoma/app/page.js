// What the pages need besides Streamlit, once for a visit.
if (!window.melanomaPage) {
    window.melanomaPage = true;
    // Streamlit's drawer, which a phone has for a menu, stays open after a choice, over the page that was chosen.
    document.addEventListener("click", (event) => {
        const chosen = event.target.closest?.('[data-testid="stSidebarNavLink"]');
        if (!chosen || window.innerWidth >= 768) return;
        setTimeout(() => {
            document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
        });
    });

    // Streamlit makes an entry of the browser's history for every name that the server writes into the link.
    // Back is to undo what the visitor did last: the first change after it is an entry, all others correct it.
    // Where the wipe stands is none, since it is moved all the time.
    let acted = false;
    for (const kind of ["pointerdown", "keydown"]) {
        document.addEventListener(kind, () => { acted = true; }, true);
    }
    const push = history.pushState.bind(history);
    const withoutWipe = (url) => {
        const found = new URL(url, location.href);
        found.searchParams.delete("wipe");
        found.searchParams.sort();
        return found.href;
    };
    history.pushState = (state, unused, url) => {
        const to = new URL(url ?? location.href, location.href);
        const corrected = to.pathname === location.pathname && !acted;
        if (corrected || withoutWipe(to) === withoutWipe(location.href)) {
            history.replaceState(state, unused, url);
            return;
        }
        acted = false;
        push(state, unused, url);
    };

    // A reload drops what the visitor brought; `removal.py` marks the page as long as there is any.
    window.addEventListener("beforeunload", (event) => {
        if (document.querySelector(".holds-uploads")) event.preventDefault();
    });

    // The wipe between two pictures follows its slider while that is moved; the server hears where it stops.
    const wipe = () => {
        const slider = document.querySelector('.st-key-wipe [role="slider"], .st-key-wipe input[type="range"]');
        const position = slider && (slider.getAttribute("aria-valuenow") ?? slider.value);
        if (position) document.documentElement.style.setProperty("--wipe", `${position}%`);
    };
    new MutationObserver(wipe).observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        attributeFilter: ["aria-valuenow", "aria-valuetext", "value"],
    });

    // Where the browser lets no page write to the clipboard, the address is shown to be copied by hand.
    document.addEventListener("click", async (event) => {
        const button = event.target.closest?.("button.copy-link");
        if (!button) return;
        const address = button.parentElement.querySelector("input");
        address.value = location.href;
        try {
            await navigator.clipboard.writeText(location.href);
            button.textContent = button.dataset.done;
        } catch {
            address.hidden = false;
            address.focus();
            address.select();
        }
    });
}
