"""Several tables are one: each image once, each lesion on one side; and which file a name stands for."""

from pathlib import Path

import pytest

from melanoma.data.labels.images import ImageFolder, image_stem
from melanoma.data.labels.read import Labels, read_labels
from melanoma.errors import UserError


def table(folder: Path, text: str) -> Path:
    """Write `labels.csv`, and a file of other content for each name in its first column."""
    for line in text.splitlines()[1:]:
        file = folder / "images" / f"{line.split(',')[0]}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(str(file).encode())
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    return folder / "labels.csv"


def joined(folder: Path, *texts: str) -> Labels:
    return read_labels([table(folder / str(number), text) for number, text in enumerate(texts)])


def test_an_image_in_two_tables_is_read_once_and_keeps_what_each_knows(tmp_path):
    labels = joined(
        tmp_path,
        "isic_id,diagnosis,age\nISIC_1,MEL,50\nISIC_2,NV,\n",
        "image,MEL,NV,held_out,sex\nISIC_1,1,0,1,f\nISIC_3,0,1,0,m\n",
    )
    assert labels.repeated == 1
    assert labels.remarks() == ["1 rows name an image again with the same diagnosis: counted once"]
    assert labels.table["image_id"].tolist() == ["ISIC_1", "ISIC_2", "ISIC_3"]
    first = labels.table.iloc[0]
    assert (first["age"], first["sex"], first["held_out"]) == (50, "female", True)
    assert first["path"] == str(tmp_path / "0" / "images" / "ISIC_1.png")


def test_two_diagnoses_in_two_tables_are_refused_by_name(tmp_path):
    with pytest.raises(UserError, match="ISIC_1 is MEL in .*0/labels.csv and NV in .*1/labels.csv"):
        joined(tmp_path, "image,diagnosis\nISIC_1,MEL\n", "image,diagnosis\nISIC_1,NV\n")
    with pytest.raises(UserError, match="ISIC_1 is MEL in .* and UNK in"):
        joined(tmp_path, "image,diagnosis\nISIC_1,MEL\n", "image,diagnosis\nISIC_1,UNK\n")


def test_of_a_coarse_and_a_fine_label_the_fine_one_stays(tmp_path):
    ham, isic_2019 = "image,dx\nISIC_1,akiec\nISIC_2,nv\n", "image,AK,SCC,NV\nISIC_1,0,1,0\nISIC_2,0,0,1\n"
    assert joined(tmp_path / "a", ham, isic_2019).table["diagnosis"].tolist() == ["SCC", "NV"]
    assert joined(tmp_path / "b", isic_2019, ham).table["diagnosis"].tolist() == ["SCC", "NV"]


def test_a_table_without_diagnoses_tells_more_of_the_images(tmp_path):
    """ISIC 2019 publishes lesions and ages in a table of their own."""
    labels = joined(
        tmp_path,
        "image,age_approx,lesion_id\nISIC_1,40,L\nISIC_2,40,L\nISIC_9,40,L\n",
        "image,MEL,NV\nISIC_1,1,0\nISIC_2,0,1\n",
    )
    assert labels.table["lesion_id"].tolist() == ["L", "L"] and labels.table["age"].tolist() == [40, 40]
    assert labels.left_out == {"no diagnosis named": 1} and labels.repeated == 0
    with pytest.raises(UserError, match="needs a column “diagnosis”"):
        joined(tmp_path, "image,age_approx\nISIC_1,40\n")


def test_lesions_are_one_across_tables(tmp_path):
    """A lesion called by an image's id is that image's; two names of one lesion become one."""
    labels = joined(
        tmp_path,
        "image,diagnosis,lesion_id\nISIC_1,MEL,\nISIC_2,NV,L2\nISIC_3,NV,L3\n",
        "image,diagnosis,lesion_id\nISIC_4,MEL,ISIC_1\nISIC_5,NV,ISIC_2\nISIC_3,NV,M3\nISIC_6,NV,M3\n",
    )
    lesions = labels.table.set_index("image_id")["lesion_id"]
    assert lesions["ISIC_1"] == lesions["ISIC_4"] == "image:ISIC_1"
    assert lesions["ISIC_2"] == lesions["ISIC_5"]
    assert lesions["ISIC_3"] == lesions["ISIC_6"]
    assert lesions.nunique() == 3
    alone = joined(tmp_path / "alone", "image,diagnosis,lesion_id\nISIC_4,MEL,ISIC_1\n")
    assert alone.table["lesion_id"].tolist() == ["image:ISIC_1"]  # as a model that has fitted ISIC_1 calls it


def test_one_folder_for_all_or_one_each(tmp_path):
    files = [
        table(tmp_path / name, f"image,diagnosis\n{name},{code}\n")
        for name, code in (("a", "MEL"), ("b", "NV"))
    ]
    folders = [tmp_path / "a" / "images", tmp_path / "b" / "images"]
    assert len(read_labels(files, folders).table) == len(read_labels(files, tmp_path).table) == 2
    with pytest.raises(UserError, match="2 of 2 images are missing, the first is a"):
        read_labels(files, folders[::-1])
    with pytest.raises(UserError, match="--images is given 3 times and --data 2 times"):
        read_labels(files, [*folders, tmp_path])


def test_folders_and_tables_are_joined_by_the_archives_ids(tmp_path):
    file = table(tmp_path / "csv", "image,diagnosis,lesion_id\nISIC_1,MEL,L\n")
    photo = tmp_path / "folder" / "nevus" / "ISIC_2.png"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"2")
    assert sorted(read_labels([file, tmp_path / "folder"]).table["diagnosis"]) == ["MEL", "NV"]
    photo.rename(photo.with_name("ISIC_1.png"))
    with pytest.raises(UserError, match="ISIC_1 is MEL in .* and NV in"):
        read_labels([file, tmp_path / "folder"])


def test_names_in_two_folders_are_two_images(tmp_path):
    labels = joined(tmp_path, "path,diagnosis\na/1,MEL\nb/1,NV\nb/2,NV\n")
    assert labels.table["image_id"].tolist() == ["2", "a/1", "b/1"]
    with pytest.raises(UserError, match="gives 2 two diagnoses, MEL and NV"):
        joined(tmp_path, "path,diagnosis\nb/2,NV\nb\\2.png,MEL\n")


def test_two_ids_of_one_file_are_one_image(tmp_path):
    file = table(tmp_path, "image,diagnosis\na,MEL\n")
    file.write_text("image,diagnosis\na.png,MEL\nA,NV\n")
    with pytest.raises(UserError, match="gives a two diagnoses, MEL and NV"):
        read_labels(file)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        *(("1.2.840.1.11", "1.2.840.1.11"), ("1.2.840.1.11.JPG", "1.2.840.1.11"), ("a\\b/c.tiff", "c")),
        *(("ISIC_1", "ISIC_1"), ("a.b", "a.b"), (".jpg", ".jpg"), ("x.dcm", "x"), ("a\u0308.png", "ä")),
    ],
)
def test_an_id_loses_a_pictures_ending_alone(name, stem):
    assert image_stem(name) == stem


@pytest.fixture
def pictures(tmp_path) -> ImageFolder:
    for name in (
        "a.png",
        "b/c.JPG",
        "d/c.jpg",
        "d/e.jpg",
        "d/copy/e.jpg",
        "masks/a.png",
        "n/F.png",
        "n/f.png",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode() if "e.jpg" not in name else b"same")
    return ImageFolder(tmp_path)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        *(
            ("a", ["a.png"]),
            ("A.JPG", ["a.png"]),
            ("somewhere/a", ["a.png"]),
            ("C:\\photos\\a.bmp", ["a.png"]),
        ),
        *(("b\\c.jpg", ["b/c.JPG"]), ("d/c", ["d/c.jpg"]), ("c", ["b/c.JPG", "d/c.jpg"])),
        *(("e", ["d/e.jpg"]), ("masks/a.png", ["masks/a.png"]), ("f", ["n/f.png"]), ("F", ["n/F.png"])),
        *(("z", []), ("a.b", []), ("x" * 5000, []), ("nul\0", [])),
    ],
)
def test_which_file_a_name_stands_for(pictures, name, files):
    assert [path.relative_to(pictures.folder).as_posix() for path in pictures.find(name)] == files


def test_a_name_of_two_files_that_differ_is_refused(tmp_path):
    for name in ("images/x/a.png", "images/y/a.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "labels.csv").write_text("image,diagnosis\na,MEL\n")
    with pytest.raises(UserError, match="a stands for 2 different files, .*x/a.png and .*y/a.png among them"):
        read_labels(tmp_path / "labels.csv")


@pytest.mark.slow("lesions shared by two real tables of 30,000 rows")
def test_all_clinics_lesions_stay_together(real_data):
    """864 photos of MILK10k show a lesion of the other table; by its id where it has no name."""
    folders = [real_data / "isic" / "labels.csv", real_data / "more" / "labels.csv"]
    one, other = (read_labels(folder).table for folder in folders)
    both = read_labels(folders)
    assert len(both.table) == 29795 and both.remarks() == []
    shared = set(one["lesion_id"]) & set(other["lesion_id"])
    assert other["lesion_id"].isin(shared).groupby(other["source"]).sum()["MILK10k"] == 864
    assert both.table["lesion_id"].nunique() == one["lesion_id"].nunique() + other[
        "lesion_id"
    ].nunique() - len(shared)
