#include "commands/request.h"

#include "facts/app_reference.h"

static const char *const servers[] = {"fastapi", "gunicorn", "hypercorn", "granian"};

bool request_is_python(struct span base_name)
{
    uint64_t minor;
    struct span rest = base_name;
    if (!span_starts(rest, "python"))
        return false;
    rest = span_from(rest, sizeof "python" - 1);
    if (!rest.length || span_is(rest, "3"))
        return true;
    if (!span_starts(rest, "3."))
        return false;
    rest = span_from(rest, 2);
    if (span_ends(rest, "t"))
        rest.length--;
    return span_number(rest, 999, &minor);
}

static bool is_server(struct span base_name)
{
    for (size_t row = 0; row < ARRAY_LENGTH(servers); row++)
        if (span_is(base_name, servers[row]))
            return true;
    return false;
}

static bool is_any_server(const char *word)
{
    return word && (is_server(span_base_name(span_of(word))) || span_is(span_base_name(span_of(word)), "uvicorn"));
}

/* Does `python OPTIONS` run a server, by -m or by its script's path? Another script or module may be a job, and a job that was
 * stopped halfway must not end as one that is done. */
static bool runs_server(char *const *words)
{
    for (; *words && span_starts(span_of(*words), "-") && !span_is(span_of(*words), "-c"); words++) {
        bool takes_value = span_is(span_of(*words), "-W") || span_is(span_of(*words), "-X");
        if (span_is(span_of(*words), "-m"))
            return is_any_server(words[1]);
        if (takes_value && words[1])
            words++;
    }
    return is_any_server(*words);
}

static bool is_program(const struct reader *reader, struct span path)
{
    struct stat status;
    return reader_stat(reader, path, &status) == 0 && S_ISREG(status.st_mode) &&
           reader_identity_permits(&reader->identity, status.st_mode, status.st_uid, status.st_gid, 1);
}

static bool is_program_in(const struct reader *reader, struct span folder, struct span name)
{
    char path[PATH_MOST];
    struct text text = TEXT_ON(path);
    text_span(&text, folder);
    text_add(&text, "/");
    text_span(&text, name);
    return !text.cut && is_program(reader, text_as_span(&text));
}

/* `main` and `app/main.py` are programs too, if such a program is there. */
static bool exists_as_program(const struct reader *reader, struct span word, struct span search_path,
                              struct span working_folder)
{
    if (span_starts(word, "/"))
        return is_program(reader, word);
    if (span_has(word, '/'))
        return is_program_in(reader, working_folder, word);
    for (struct span rest = search_path; rest.at;) {
        struct span folder = span_split(&rest, ':');
        if (is_program_in(reader, folder.length ? folder : working_folder, word))
            return true;
    }
    return false;
}

static enum request_kind kind_of(char *const *words, unsigned first)
{
    struct span word = span_of(words[first]);
    struct span name = span_base_name(word);
    if (span_starts(word, "-") || span_is(name, "uvicorn"))
        return REQUEST_SERVE;
    if (request_is_python(name) && words[first + 1] && span_is(span_of(words[first + 1]), "-m") && words[first + 2] &&
        span_is(span_of(words[first + 2]), "uvicorn"))
        return REQUEST_SERVE;
    if (is_server(name) || request_is_python(name))
        return REQUEST_SERVER;
    switch (app_reference_word(word)) {
    case WORD_APP:
        return REQUEST_SERVE;
    case WORD_APP_MISTAKE:
    case WORD_APP_PERHAPS:
        return REQUEST_MISTAKE;
    case WORD_OTHER:
        break;
    }
    return REQUEST_COMMAND;
}

static bool is_to_serve(char *const *words, const struct request *request)
{
    if (request->kind != REQUEST_SERVER)
        return request->kind == REQUEST_SERVE;
    char *const *word = words + request->first;
    return is_server(span_base_name(span_of(*word))) || runs_server(word + 1);
}

/* Notes the program, and how many words name it. */
static void read_program(char *const *words, struct request *request)
{
    struct span word = span_of(words[request->first]);
    struct span name = span_base_name(word);
    bool serves = request->kind == REQUEST_SERVE;
    if (serves && !span_is(name, "uvicorn") && !request_is_python(name))
        return;
    request->program = word;
    if (span_has(word, '/'))
        request->folder = span_folder(word);
    if (serves)
        request->first += span_is(name, "uvicorn") ? 1 : 3;
}

void request_read(char *const *words, unsigned first, bool dashes, const struct reader *reader, struct span search_path,
                  struct span working_folder, struct settings *settings, struct request *request)
{
    *request = (struct request){
        .kind = dashes ? REQUEST_COMMAND : REQUEST_SERVE, .first = first, .uvicorn = {.app = -1, .unclear = -1}};
    if (words[first]) {
        if (!dashes)
            request->kind = kind_of(words, first);
        if (request->kind == REQUEST_MISTAKE &&
            exists_as_program(reader, span_of(words[first]), search_path, working_folder))
            request->kind = REQUEST_COMMAND;
        read_program(words, request);
    }
    request->serves = is_to_serve(words, request);
    if (request->kind == REQUEST_SERVE)
        uvicorn_words_read(words, request->first, settings, &request->uvicorn);
}
