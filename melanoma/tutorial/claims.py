"""The tutorial's claims, one by one, and what is so: figures of the story, and published ones with source."""

from dataclasses import dataclass
from typing import Any

from melanoma.diagnoses import canonical, diagnosis_of
from melanoma.phrases import Sentence

MELANOMA_DEATHS, OTHER_DEATHS = 58_667, 69_416
"""Worldwide in 2022, estimated (GLOBOCAN 2022): by melanoma, and by other skin cancers."""
_GLOBOCAN = "[Wang et al. 2024](https://doi.org/10.1097/cm9.0000000000003416)"
_USPSTF = "[US Preventive Services Task Force 2023](https://doi.org/10.1001/jama.2023.4342)"
_HAM10000 = "[Tschandl et al. 2018](https://doi.org/10.1038/sdata.2018.161)"


@dataclass(frozen=True)
class Claim:
    """A sentence of the tutorial or of the set's description, and what is so. Both are Markdown."""

    claim: Sentence
    what_is_so: Sentence


def claims(story: dict[str, Any]) -> list[Claim]:
    """Return the claims, with the figures of a story that has results; `story` is what `make_story` made."""
    results, folders = story["results"], story["folders"]
    sizes = {folder["name"]: folder["files"]["train"] for folder in folders}
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)
    names = [_name(folder) for folder in largest]
    honest = [found["accuracy"]["value"] for name, found in results.items() if name.endswith("-honest")]
    found = [one["melanoma_found"]["value"] for name, one in results.items() if name.endswith("-honest")]
    source = next(
        guess for guess in story["guesses"] if (guess["target"], guess["from"]) == ("source", "thumbnails")
    )
    return [
        Claim(
            Sentence("Melanoma “accounts for 75% of skin cancer deaths”."),
            Sentence(
                "Not in the world: of the deaths from skin cancer that are estimated for 2022, {melanoma:,} "
                "by melanoma and {others:,} by others, it is {share:.0%} ({source}, from GLOBOCAN 2022). In "
                "the United States melanoma causes most of them ({american}); how many percent was not "
                "verified here.",
                melanoma=MELANOMA_DEATHS,
                others=OTHER_DEATHS,
                share=MELANOMA_DEATHS / (MELANOMA_DEATHS + OTHER_DEATHS),
                source=_GLOBOCAN,
                american=_USPSTF,
            ),
        ),
        Claim(
            Sentence(
                "“All subsets were divided into the same number of images, with the exception of melanomas "
                "and moles, whose images are slightly dominant.”"
            ),
            Sentence(
                "The training folders hold {least} to {most} images. The largest is “{first}”, then come "
                "“{second}”, “{third}” and “{fourth}”; the smallest is “{last}”.",
                least=min(sizes.values()),
                most=max(sizes.values()),
                first=names[0],
                second=names[1],
                third=names[2],
                fourth=names[3],
                last=names[-1],
            ),
        ),
        Claim(
            Sentence("About 75% of the validation images are named right."),
            Sentence(
                "Its own output shows {low:.0%} to {high:.0%}. Repeated, only copies on both sides pass 75% "
                "({copies:.0%}, and {new:.0%} of new lesions). With true labels and each lesion on one side "
                "it is {worst:.0%} to {best:.0%}.",
                low=min(story["notebook"].values()),
                high=max(story["notebook"].values()),
                copies=results["tutorial-d-before"]["accuracy"]["value"],
                new=results["tutorial-d-before"]["accuracy_new"]["value"],
                worst=min(honest),
                best=max(honest),
            ),
        ),
        Claim(
            Sentence("The disease is told by the image alone."),
            Sentence(
                "The labels themselves were not made so: more than half of the lesions of HAM10000, the "
                "largest source of these photos, were confirmed under the microscope, the others by "
                "follow-up, experts' consensus or confocal microscopy ({source}). And what a network reads "
                "from an image need not be the disease: a thumbnail of 16 x 16 pixels tells the source with "
                "{thumbnail:.0%} balanced accuracy (guessing: {chance:.0%}).",
                source=_HAM10000,
                thumbnail=source["balanced_accuracy"],
                chance=source["chance"],
            ),
        ),
        Claim(
            Sentence("It “has the potential to reduce a lot of manual effort needed in diagnosis”."),
            Sentence(
                "Nothing in the tutorial measures effort. Judged honestly, its networks name {worst:.0%} to "
                "{best:.0%} of the melanomas melanoma, so somebody has to look at every photo all the same. "
                "The page Thresholds shows what a sorted list saves, with a network that ranks better.",
                worst=min(found),
                best=max(found),
            ),
        ),
        Claim(
            Sentence("Melanoma has to be found early, and the network helps with that."),
            Sentence(
                "The set says nothing of thickness or stage, and shows no lesion over time, so no figure of "
                "it is about early melanomas. Whether looking at the skin of people without complaints does "
                "more good than harm is not known: the evidence is insufficient ({source}).",
                source=_USPSTF,
            ),
        ),
    ]


def _name(folder: str) -> Sentence:
    code = canonical(folder, parts=True)
    return Sentence(diagnosis_of(code).name if code else folder)
