"""What is read for a run from the files of training."""

from components.registry.recording import epochs_after


def test_epochs_that_follow_are_given_with_the_records_that_they_have(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text("epoch,step,loss,fid\n1,10,0.5,\n2,20,0.25,nan\n3,30,0.125,7.5\n")
    assert list(epochs_after(path, 1)) == [(2, {"loss": 0.25}), (3, {"loss": 0.125, "fid": 7.5})]
    assert [epoch for epoch, _ in epochs_after(path, 0)] == [1, 2, 3]
    assert list(epochs_after(path, 3)) == []
    assert list(epochs_after(tmp_path / "none.csv", 0)) == []
