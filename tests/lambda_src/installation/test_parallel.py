"""Work in many threads, or in those that there are."""

import threading

import pytest

from lambda_src.release.installation.parallel import spread


@pytest.mark.parametrize("most", [0, 1, 5])
def test_with_few_threads_or_none_the_work_is_done_all_the_same(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if len(started) == most:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    done: list[int] = []
    ticks: list[int] = []
    spread(done.append, range(200), lambda: ticks.append(len(done)))
    assert sorted(done) == list(range(200))
    assert ticks
    assert ticks[-1] == 200
    assert len(started) == most


@pytest.mark.parametrize("most", [0, 3])
def test_the_first_error_ends_it_and_is_raised(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("lambda_src.release.installation.parallel.THREADS", most)
    stop = threading.Event()
    done: list[int] = []

    def work(number: int) -> None:
        done.append(number)
        if number == 7:
            raise ValueError("seven")

    with pytest.raises(ValueError, match="seven"):
        spread(work, range(100_000), stop=stop)
    assert stop.is_set()
    assert len(done) < 100_000
    assert threading.active_count() == len(threading.enumerate())


def test_without_an_error_nothing_is_stopped() -> None:
    stop = threading.Event()
    spread(lambda _: None, range(10), stop=stop)
    assert not stop.is_set()
