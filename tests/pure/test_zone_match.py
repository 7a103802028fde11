"""Zones of places: order, hierarchy, exactness."""

from core.zone_match import Matcher, Zone, split_codes, wrong_communes, wrong_prefixes


def zone(number, rank=10, **values):
    return Zone(number, rank, **values)


def test_order_decides_between_zones():
    zones = [zone(1, 20, prefixes=("29000",)), zone(2, 10, prefixes=("29",))]
    assert Matcher(zones).find("29000", None) == 2


def test_without_an_order_the_most_exact_wins():
    zones = [zone(1, prefixes=("29",)), zone(2, prefixes=("29000",)), zone(3, communes=("29232",))]
    matcher = Matcher(zones)
    assert matcher.find("29200", None) == 1
    assert matcher.find("29000", None) == 2
    assert matcher.find("29000", "29232") == 3


def test_a_part_wins_over_its_whole():
    zones = [
        zone(1, 1, prefixes=("29",)),
        zone(2, 90, depth=1, prefixes=("290",), ancestors=frozenset({1})),
    ]
    assert Matcher(zones).find("29000", None) == 2
    assert Matcher(zones).find("29200", None) == 1


def test_corsica_and_codes_without_postcode():
    zones = [zone(1, communes=("2A004",)), zone(2, prefixes=("561",))]
    assert Matcher(zones).find("20000", "2a004") == 1
    assert Matcher(zones).find("", "56121") == 2


def test_nothing_matches():
    matcher = Matcher([zone(1, prefixes=("29",))])
    assert matcher.find("35000", None) is None and matcher.find("", "") is None
    assert matcher.find(None, None) is None and Matcher([]).find("29000", "29232") is None


def test_lists_of_codes():
    assert split_codes("29, 560;56100\n2a004 29") == ["29", "560", "56100", "2A004"]
    assert wrong_communes("29232, 2A004, 2C004, 123") == ["2C004", "123"]
    assert wrong_prefixes("29, 5-6") == ["5-6"]
