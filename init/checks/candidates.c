#include "checks/candidates.h"

enum { SOURCE_MOST = 65536, LISTED_MOST = 1000 };

/* Where applications are, in the order of FastAPI's own command line; asgi.py is Django's and Litestar's habit. */
static const char usual[][9] = {"main", "app", "api", "asgi", "app.main", "app.app", "app.api"};
static const char in_folder[][9] = {"main", "app", "api", "asgi", "__init__"};

/* One file at a time. */
static char source_bytes[SOURCE_MOST];

static bool is_before(struct span a, struct span b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++)
        if (a.at[i] != b.at[i])
            return (unsigned char)a.at[i] < (unsigned char)b.at[i];
    return a.length < b.length;
}

/* Keeps the names sorted: the kernel's order differs from one machine to the next. */
static void insert(struct listing *listing, struct span name, bool is_folder)
{
    unsigned i = listing->count++;

    for (; i > 0 && is_before(name, listing->names[i - 1]); i--) {
        listing->names[i] = listing->names[i - 1];
        listing->is_folder[i] = listing->is_folder[i - 1];
    }
    listing->names[i] = name;
    listing->is_folder[i] = is_folder;
}

struct listing_target {
    const struct reader *reader;
    struct span folder;
    struct listing *listing;
};

static bool join(struct text *path, struct span folder, struct span name)
{
    text_clear(path);
    text_span(path, folder);
    if (!span_ends(folder, "/"))
        text_byte(path, '/');
    text_span(path, name);
    return !path->cut;
}

static bool list_name(void *context, struct span name, unsigned char type)
{
    struct listing_target *target = context;
    struct listing *listing = target->listing;
    char buffer[PATH_MOST];
    struct text path = TEXT_ON(buffer);

    (void)type; /* a link's type says nothing of what it leads to */
    if (span_starts(name, ".") || span_is(name, "__pycache__"))
        return true;
    if (listing->count == LISTING_NAMES || listing->used + name.length >= sizeof(listing->store)) {
        listing->more++;
        return true;
    }
    struct text copy = text_on(listing->store + listing->used, sizeof(listing->store) - listing->used);
    text_span(&copy, name);
    listing->used += copy.length;
    bool is_folder = join(&path, target->folder, name) && reader_is_folder(target->reader, text_as_span(&path));
    insert(listing, text_as_span(&copy), is_folder);
    return true;
}

void listing_read(const struct reader *reader, struct span folder, struct listing *listing)
{
    struct listing_target target = {reader, folder, listing};

    listing->count = listing->more = 0;
    listing->used = 0;
    (void)reader_list(reader, folder, LISTED_MOST, list_name, &target);
}

static bool choose_name(const struct python_source *source, struct span attribute, struct span *name, bool *is_factory)
{
    *is_factory = false;
    for (unsigned i = 0; i < source->candidate_count; i++)
        if (span_equal(source->candidates[i].name, attribute)) {
            *name = attribute;
            *is_factory = source->candidates[i].is_factory;
            return true;
        }
    if (source->binding == BINDING_BOUND && attribute.length > 0) {
        *name = attribute;
        return true;
    }
    for (unsigned factory = 0; factory < 2; factory++)
        for (unsigned i = 0; i < source->candidate_count; i++)
            if (source->candidates[i].is_factory == (factory == 1)) {
                *name = source->candidates[i].name;
                *is_factory = source->candidates[i].is_factory;
                return true;
            }
    return false;
}

bool candidates_read_source(const struct scene *scene, struct span path, struct span attribute,
                            struct python_source *source)
{
    size_t length = 0;

    if (reader_read(scene->reader, path, 0, source_bytes, sizeof(source_bytes), &length) != 0)
        return false;
    python_source_read((struct span){source_bytes, length}, length < sizeof(source_bytes), attribute, source);
    return true;
}

bool candidates_read_file(const struct scene *scene, struct span path, struct span attribute, struct span *name,
                          bool *is_factory)
{
    struct python_source source;

    return candidates_read_source(scene, path, attribute, &source) && choose_name(&source, attribute, name, is_factory);
}

bool candidates_imports(const struct scene *scene, struct span path, struct span package)
{
    static const char *const before[] = {"from ", "import "};
    static const char *const behind[] = {".", " import "};
    char buffer[CANDIDATE_TEXT];
    size_t length = 0;
    size_t where;

    if (reader_read(scene->reader, path, 0, source_bytes, sizeof(source_bytes), &length) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++)
        for (size_t k = 0; k < ARRAY_LENGTH(behind); k++) {
            struct text words = TEXT_ON(buffer);
            text_add(&words, before[i]);
            text_span(&words, package);
            text_add(&words, behind[k]);
            if (!words.cut && span_find((struct span){source_bytes, length}, buffer, &where))
                return true;
        }
    return false;
}

/* A module of `folder`, which --app-dir would have to name if `app_dir` isn't empty. */
struct place_to_look {
    const struct scene *scene;
    struct span attribute;
    struct span app_dir;
    struct span package; /* the folder that the module is in, as a package; or empty */
    struct span module;
};

/* /app/src/package/module.py; of __init__ it is the package itself that is imported. */
static bool file_of(const struct place_to_look *place, struct text *path)
{
    text_span(path, place->scene->app_dir);
    if (!span_ends(place->scene->app_dir, "/"))
        text_byte(path, '/');
    if (place->app_dir.length > 0) {
        text_span(path, place->app_dir);
        text_byte(path, '/');
    }
    if (place->package.length > 0) {
        text_span(path, place->package);
        text_byte(path, '/');
    }
    for (struct span rest = place->module; rest.at;) {
        text_span(path, span_split(&rest, '.'));
        text_add(path, rest.at ? "/" : ".py");
    }
    return !path->cut;
}

static bool reference_of(const struct place_to_look *place, struct span name, struct text *reference)
{
    bool is_package = span_is(place->module, "__init__");

    text_span(reference, place->package);
    if (place->package.length > 0 && !is_package)
        text_byte(reference, '.');
    if (!is_package)
        text_span(reference, place->module);
    text_byte(reference, ':');
    text_span(reference, name);
    return !reference->cut;
}

static bool is_known(const struct candidates *candidates, const struct app_candidate *candidate)
{
    for (unsigned i = 0; i < candidates->count; i++)
        if (span_is(span_of(candidates->list[i].file), candidate->file))
            return true;
    return false;
}

static void look_at(const struct place_to_look *place, struct candidates *candidates)
{
    struct app_candidate *candidate = &candidates->list[candidates->count];
    struct span name;

    if (candidates->count == CANDIDATES_MOST)
        return;
    struct text file = TEXT_ON(candidate->file);
    struct text reference = TEXT_ON(candidate->reference);
    struct text app_dir = TEXT_ON(candidate->app_dir);
    if (!file_of(place, &file) || is_known(candidates, candidate))
        return;
    if (!candidates_read_file(place->scene, text_as_span(&file), place->attribute, &name, &candidate->is_factory))
        return;
    text_span(&app_dir, place->app_dir);
    if (reference_of(place, name, &reference) && !app_dir.cut)
        candidates->count++;
}

static void look_in(const struct scene *scene, struct span attribute, const char *app_dir,
                    struct candidates *candidates)
{
    struct place_to_look place = {.scene = scene, .attribute = attribute, .app_dir = span_of(app_dir)};

    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
        place.module = span_of(usual[i]);
        look_at(&place, candidates);
    }
}

/* Folders that hold no application, or somebody else's. */
static bool is_skipped(struct span folder)
{
    static const char skipped[] = "src venv env node_modules test tests site-packages";

    return span_has(folder, '.') /* can't be part of a module's name */ || span_is_among(folder, skipped);
}

/* The folders of the app dir, or of src/ in it, as packages. */
static void look_in_packages(const struct scene *scene, struct span attribute, const char *app_dir,
                             struct candidates *candidates)
{
    struct listing listing;
    struct place_to_look place = {.scene = scene, .attribute = attribute, .app_dir = span_of(app_dir)};
    char buffer[PATH_MOST];
    struct text folder = TEXT_ON(buffer);

    if (!join(&folder, scene->app_dir, place.app_dir))
        return;
    listing_read(scene->reader, text_as_span(&folder), &listing);
    for (unsigned i = 0; i < listing.count; i++) {
        place.package = listing.names[i];
        if (!listing.is_folder[i] || is_skipped(place.package))
            continue;
        for (size_t k = 0; k < ARRAY_LENGTH(in_folder); k++) {
            place.module = span_of(in_folder[k]);
            look_at(&place, candidates);
        }
    }
}

void candidates_look(const struct scene *scene, struct span attribute, struct candidates *candidates)
{
    /* Below another --app-dir than the working folder, src/ would have to be named from elsewhere. */
    bool looks_in_src = span_equal(scene->app_dir, scene->working_folder);

    candidates->count = 0;
    look_in(scene, attribute, "", candidates);
    if (looks_in_src)
        look_in(scene, attribute, "src", candidates);
    look_in_packages(scene, attribute, "", candidates);
    if (looks_in_src)
        look_in_packages(scene, attribute, "src", candidates);
}

bool candidates_discover(const struct scene *scene, struct app_candidate *candidate)
{
    struct candidates candidates = {.count = 0};

    look_in(scene, SPAN("app"), "", &candidates);
    if (candidates.count == 0)
        return false;
    *candidate = candidates.list[0];
    return true;
}

void candidate_words(const struct app_candidate *candidate, struct text *words)
{
    text_join(words, "\"", candidate->reference, "\"", NULL);
    if (candidate->app_dir[0] != '\0')
        text_join(words, ", \"--app-dir\", \"", candidate->app_dir, "\"", NULL);
    if (candidate->is_factory)
        text_add(words, ", \"--factory\"");
}
