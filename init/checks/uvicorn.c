#include "checks/uvicorn.h"

#include "checks/editable.h"
#include "checks/host.h"

bool uvicorn_is_seen(const struct scene *scene, const struct interpreter *interpreter)
{
    return packages_find(scene, interpreter, "uvicorn", NULL, NULL);
}

bool uvicorn_may_be_there(const struct scene *scene, const struct interpreter *interpreter)
{
    struct search_path path;

    search_path_of(scene, interpreter, &path);
    search_path_follow(scene, &path);
    return interpreter->doubt || path.doubt || uvicorn_is_seen(scene, interpreter);
}

struct finding *uvicorn_missing(const struct scene *scene, const struct interpreter *interpreter, struct span elsewhere)
{
    struct finding *finding = findings_add(scene->findings, RULE_UVICORN_NOT_INSTALLED);

    finding_set_string(scene->findings, finding, "python", interpreter->path);
    finding_set(scene->findings, finding, "app", setting_text(scene->settings, SETTING_APP));
    finding_set(scene->findings, finding, "elsewhere", elsewhere);
    if (interpreter->site_count > 0)
        finding_set(scene->findings, finding, "site", interpreter->sites[0]);
    editable_explain(scene, interpreter, SPAN("uvicorn"), true, finding);
    /* No environment was named or found: one beside the code may lie under a mount. */
    const struct mount *mount = interpreter->venv[0] ? NULL : host_mount_over(scene->host, scene->app_dir);
    if (mount) {
        host_mount_values(scene->findings, finding, mount);
        finding_set(scene->findings, finding, "app_dir", scene->app_dir);
    }
    return finding;
}
