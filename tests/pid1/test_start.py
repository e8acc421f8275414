from conftest import ACTOR


def test_exit_code(start, pid1):
    assert start("--", ACTOR, "exit", "7", pid1=pid1).wait() == 7
def test_root(start, root_folder):
    r = start("--", "/actor", "state", "exit", "7", root=root_folder, program="/asgi-init", user=(1000,1000))
    assert r.wait() == 7
    print(r.out, r.err)
    assert "folder /\n" in r.out
