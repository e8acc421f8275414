#ifndef CHECKS_PLACES_H
#define CHECKS_PLACES_H

/* Which Python: all places where one may be, in order, and the choice among them.
 *
 * Named places come first, and the first of them decides alone: broken or missing, it is an error, and no other Python is
 * taken instead, which would run other packages. (PATH is a search: one that works there but shows no uvicorn yields to a
 * later entry of PATH that does, as for the shell.) Of the found places the first that works and has uvicorn wins, and if none
 * has it the first that works. A found environment that is broken gives a warning.
 *
 * Named: --python, --venv, the folder that the command names its program by, VIRTUAL_ENV, UV_PROJECT_ENVIRONMENT, the
 * entries of PATH that are a venv's bin or end in /.venv/bin or /venv/bin, whether they exist or not.
 * Found: where nothing is named, the Python that the first line of the command's script on PATH names; .venv and venv in the app's folder and the folders above it, /opt/venv, /venv, the other entries of PATH,
 * /usr/local/bin, /usr/bin.
 */

#include "checks/interpreter.h"

enum { PLACES_MOST = 96, PLACES_STORE = 32768 };

enum place_form {
    PLACE_INTERPRETER, /* the file itself */
    PLACE_ENVIRONMENT, /* a folder with bin/python3 or bin/python */
    PLACE_BIN,         /* a folder with python3, python or python3.N */
};

struct place {
    enum place_form form;
    struct span path;   /* absolute */
    struct span origin; /* "VIRTUAL_ENV", "--python", "PATH" ... */
    dev_t device;       /* of a bin that was found, to know it again */
    ino_t inode;
    bool named;
    bool by_path;    /* an entry of PATH */
    bool only_warns; /* a leftover of a shell, outside a container: skipped with a warning when broken */
};

/* There is one, in static memory: it is large. */
struct places {
    unsigned count;
    bool cut; /* more than fit, as in a PATH of thousands of entries */
    size_t used;
    struct place list[PLACES_MOST];
    char store[PLACES_STORE];
};

struct choice {
    struct interpreter interpreter; /* valid when it worked */
    unsigned place;                 /* its index in the list */
    bool has_uvicorn;               /* seen by reading */
    bool named;
    /* A found environment that is broken, of which a finding warns; NULL without. If the chosen Python turns out to have no
     * uvicorn, that one is the cause: raise it to an error by finding_weaken. Valid until findings_clear. */
    struct finding *broken;
};

/* PLACES_ENVIRONMENTS is for a command, which finds the system's Pythons by itself. */
enum places_wanted { PLACES_ALL, PLACES_ENVIRONMENTS };

/* Lists the places; reads what it must to tell a venv's bin, adds no finding. */
void places_list(const struct scene *scene, enum places_wanted wanted, struct places *places);
/* Adds to a finding what else was found that works, as evidence `tried`, and as {elsewhere} the first of it that has uvicorn. */
void places_add_tried(const struct scene *scene, const struct places *places, struct finding *finding,
                      bool (*has_uvicorn)(const struct scene *scene, const struct interpreter *interpreter));
/* Chooses among the places from index `first` on. False: findings say why there is none. `has_uvicorn` tells whether the
 * server's package is seen in an interpreter's site folders; NULL: all have it. */
bool places_choose(const struct scene *scene, const struct places *places, unsigned first,
                   bool (*has_uvicorn)(const struct scene *scene, const struct interpreter *interpreter),
                   struct choice *choice);

#endif
