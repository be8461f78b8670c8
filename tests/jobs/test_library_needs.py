"""What of its libraries a render is given: what its scene misses, what that needs in turn, and nothing else."""

import pytest

from jobs.domain import libraries, library_files, library_needs, library_search, submission
from jobs.domain.library_needs import Part
from jobs.domain.library_search import Wanted
from jobs.domain.orders import Order
from jobs.domain.scene_facts import LinkedFile
from jobs.farms import Resource
from jobs.models import Library, LibraryFile


def library(account, name, files):
    """`files`: path → links; () for what links nothing, None for a .blend nobody has read."""
    made = Library.objects.create(account=account, name=name, bucket=f"library-{name.lower()}")
    for path, links in files.items():
        LibraryFile.objects.create(
            library=made, path=path, folded_name=library_files.folded_name(path), size_bytes=1000, etag="e",
            links=None if links is None else [{"path": p, "kind": k, "is_outside": False} for p, k in links],
        )  # fmt: skip
    return made


def needed(*shelf, wanted, most=60):
    return library_needs.parts(list(shelf), [Wanted(*each) for each in wanted], most)


def test_only_the_missing_file_is_taken(alice):
    oak = library(alice, "Oak", {"textures/wood.png": (), "textures/bark.png": (), "huge.exr": ()})

    parts = needed(oak, wanted=[("textures/wood.png",)])

    assert parts == [Part("library-oak", "textures/wood.png", "")]


def test_a_file_in_another_folder_is_laid_where_the_scene_looks_for_it(alice):
    oak = library(alice, "Oak", {"kit/textures/wood.png": (), "kit/other/wood.png": ()})

    parts = needed(oak, wanted=[("textures/wood.png",)])

    assert parts == [Part("library-oak", "kit/textures/wood.png", "kit/")]


def test_a_path_of_another_computer_is_found_by_name(alice):
    oak = library(alice, "Oak", {"stuff/Wood.PNG": ()})

    parts = needed(oak, wanted=[("C:/Users/alice/tex/wood.png",)])

    assert parts == [Part("library-oak", "stuff/Wood.PNG", "")]


def test_a_linked_scene_brings_what_it_needs_and_what_that_needs(alice):
    kit = library(
        alice,
        "Kit",
        {
            "props/chair.blend": [("textures/leather.png", "image"), ("props/leg.blend", "library")],
            "props/leg.blend": [("textures/oak.png", "image"), ("props/chair.blend", "library")],
            "textures/leather.png": (),
            "textures/oak.png": (),
            "textures/huge.exr": (),
        },
    )

    parts = needed(kit, wanted=[("props/chair.blend", "library")])

    expected = ["props/chair.blend", "props/leg.blend", "textures/leather.png", "textures/oak.png"]
    assert [part.prefix for part in parts] == expected


def test_what_a_moved_scene_needs_moves_with_it(alice):
    kit = library(
        alice,
        "Kit",
        {"v2/props/chair.blend": [("v2/textures/leather.png", "image")], "v2/textures/leather.png": ()},
    )

    parts = needed(kit, wanted=[("props/chair.blend", "library")])

    assert {(part.prefix, part.strip) for part in parts} == {
        ("v2/props/chair.blend", "v2/"),
        ("v2/textures/leather.png", "v2/"),
    }


def test_a_linked_scene_may_need_a_file_of_another_library(alice):
    kit = library(alice, "Kit", {"chair.blend": [("leather.png", "image")]})
    skins = library(alice, "Skins", {"leather.png": ()})

    parts = needed(kit, skins, wanted=[("chair.blend", "library")])

    assert [(part.bucket, part.prefix) for part in parts] == [
        ("library-kit", "chair.blend"),
        ("library-skins", "leather.png"),
    ]


def test_of_two_libraries_with_the_same_file_the_later_one_counts(alice):
    first, second = (library(alice, name, {"wood.png": ()}) for name in ("First", "Second"))

    assert needed(first, second, wanted=[("wood.png",)])[0].bucket == "library-second"
    assert needed(second, first, wanted=[("wood.png",)])[0].bucket == "library-first"


def test_a_sequence_and_tiles_are_taken_whole(alice):
    sea = library(alice, "Sea", {f"sea/wave_{n:04}.png": () for n in (1, 2, 30)} | {"sea/foam.1001.png": (), "sea/foam.1002.png": (), "sea/sand.png": ()})  # fmt: skip # noqa: E501

    parts = needed(sea, wanted=[("sea/wave_0002.png", "sequence"), ("sea/foam.<UDIM>.png", "tiles")])

    assert [part.prefix for part in parts] == ["sea/foam.100", "sea/wave_00"]


def test_a_scene_nobody_could_read_brings_its_whole_folder(alice):
    kit = library(alice, "Kit", {"props/chair.blend": None, "props/leg.png": (), "other/huge.exr": ()})

    parts = needed(kit, wanted=[("props/chair.blend", "library")])

    assert [part.prefix for part in parts] == ["props/"]


def test_a_loop_of_links_comes_to_its_end(alice):
    kit = library(alice, "Kit", {"a.blend": [("b.blend", "library")], "b.blend": [("a.blend", "library")]})

    assert len(needed(kit, wanted=[("a.blend", "library")])) == 2


def test_many_files_become_the_folders_that_hold_them(alice):
    files = {f"deep/many/{n}.png": () for n in range(100)} | {"wood.png": (), "other/cloth.png": ()}
    big = library(alice, "Big", files)

    parts = needed(big, wanted=[(path,) for path in files], most=60)

    assert [part.prefix for part in parts] == ["deep/many/", "other/cloth.png", "wood.png"]


def test_there_are_never_more_than_an_order_takes(alice):
    files = {f"{n}/a/{n}.png": () for n in range(100)}
    big = library(alice, "Big", files)

    parts = needed(big, wanted=[(path,) for path in files], most=60)

    assert len(parts) <= 60
    assert all(any(path.startswith(part.prefix) for part in parts) for path in files)


def test_a_folder_is_not_taken_whole_while_the_folders_in_it_are_few_enough():
    files = {Part("b", f"assets/{asset}/{file}.png", "") for asset in range(40) for file in range(4)}

    parts = library_needs.merged(files, 60)

    assert len(parts) <= 60
    assert all(part.prefix.count("/") == 2 for part in parts)


def test_a_part_in_a_folder_that_is_taken_is_not_named_twice():
    needed = {Part("b", "a/", ""), Part("b", "a/wood.png", ""), Part("b", "ab.png", "")}

    assert library_needs.merged(needed, 60) == {Part("b", "a/", ""), Part("b", "ab.png", "")}


@pytest.fixture
def missing(scene):
    """alice's scene misses three files."""
    links = [LinkedFile(f"textures/{name}.png", "image", is_missing=True) for name in ("wood", "cloth", "stone")]
    scene.facts = {**scene.facts, "linked_files": [vars(link) for link in links]}
    scene.save()
    return scene


def test_a_library_that_holds_missing_files_is_proposed_with_their_names(alice, missing):
    library(alice, "Cars", {"red.png": ()})
    library(alice, "Oak", {"textures/wood.png": (), "cloth.png": ()})

    oak, cars = libraries.proposed(missing)

    assert (oak.library.name, oak.is_chosen) == ("Oak", True)
    assert oak.sentence == "holds 2 of the 3 missing files: wood.png and cloth.png"
    assert (cars.library.name, cars.is_chosen, cars.sentence) == ("Cars", False, "holds none of the missing files")


def test_a_whole_scene_is_told_that_it_needs_no_library(alice, scene):
    library(alice, "Oak", {"wood.png": ()})

    (oak,) = libraries.proposed(scene)

    assert (oak.is_chosen, oak.sentence) == (False, "the scene needs nothing from it")


def test_what_was_chosen_comes_back_in_its_order(alice, missing):
    first, second = (library(alice, name, {}) for name in ("First", "Second"))
    library(alice, "Oak", {"wood.png": ()})

    offers = libraries.proposed(missing, [str(second.pk), str(first.pk)])

    chosen = [(offer.library.name, offer.is_chosen) for offer in offers]
    assert chosen == [("Second", True), ("First", True), ("Oak", False)]


def test_the_task_takes_library_files_first_and_the_scene_last(alice, missing, farm):
    oak = library(alice, "Oak", {"textures/wood.png": (), "textures/huge.exr": ()})
    job = submission.order(missing, Order(profile="blender-4.5", frames="1", library_ids=(str(oak.pk),)))

    submission.submit(job)

    scene = Resource("scenes", f"{missing.pk}/", f"{missing.pk}/")
    assert list(farm.only_task().order.resources) == [Resource("library-oak", "textures/wood.png", ""), scene]


def test_charlies_library_cannot_be_attached(alice, charlie, missing):
    theirs = library(charlie, "Theirs", {"wood.png": ()})

    with pytest.raises(submission.orders.OrderRefused, match="is gone"):
        submission.order(missing, Order(profile="blender-4.5", frames="1", library_ids=(str(theirs.pk),)))
    assert libraries.proposed(missing) == []
    assert missing.jobs.count() == 0


@pytest.mark.parametrize("id", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_is_none_is_refused_with_a_sentence(alice, missing, id):
    with pytest.raises(libraries.LibraryRefused, match="Load the page again"):
        libraries.chosen(alice, [id])


def test_the_problem_of_missing_files_says_which_library_has_them(alice, missing):
    from jobs.problems import explain

    library(alice, "Oak", {"textures/wood.png": (), "cloth.png": ()})
    problem = {
        "id": "missing_files",
        "kind": "image",
        "files": [f"textures/{n}.png" for n in ("wood", "cloth", "stone")],
    }

    (said,) = libraries.with_holders(missing, [problem])

    explained = explain(said)
    assert explained.sentence.startswith("3 textures are missing")
    assert explained.remedy.startswith("Your library “Oak” has wood.png and cloth.png: chosen below. For the others:")


def test_names_are_searched_whatever_their_capitals_and_accents(alice):
    oak = library(alice, "Oak", {"Caf\u00e9.PNG": ()})

    found = library_search.candidates([oak], [Wanted("cafe\u0301.png")])

    assert len(found) == 1
