#include "checks/executable.h"

#include "facts/capability.h"
#include "facts/process_status.h"

enum { ATTRIBUTE_MOST = 64, STATUS_MOST = 8192 };

static bool own_status(const struct reader *reader, struct process_status *status)
{
    char buffer[STATUS_MOST];
    size_t length;
    return reader_read_kernel(reader, "/proc/self/status", buffer, sizeof(buffer), &length) == 0 &&
           process_status_parse((struct span){buffer, length}, status);
}

/* Those that the kernel looks at when it starts the file from here. */
static bool capabilities_in_force(const struct reader *reader, struct span path, struct file_capabilities *capabilities)
{
    char attribute[ATTRIBUTE_MOST];
    size_t length;
    if (reader_attribute(reader, path, "security.capability", attribute, sizeof(attribute), &length) != 0)
        return false;
    /* The kernel shows those of our own user namespace as version 2; a root_uid that is left is another's. */
    return file_capabilities_parse((struct span){attribute, length}, capabilities) && capabilities->root_uid == 0 &&
           !reader_is_nosuid(reader, path);
}

static void finding_add(struct span path, uint64_t missing, const struct process_status *own, bool is_refused,
                        struct findings *findings)
{
    char names[256];
    struct text text = TEXT_ON(names);
    capability_text(&text, missing);
    struct finding *finding = findings_add(findings, RULE_INTERPRETER_CAPABILITIES);
    finding_set(findings, finding, "python", path);
    finding_set(findings, finding, "capabilities", text_as_span(&text));
    finding_set_string(findings, finding, is_refused ? "refused" : "lost", "yes");
    if (missing & ~own->bounding)
        finding_set_string(findings, finding, "bounding", "yes");
    else if (own->no_new_privileges)
        finding_set_string(findings, finding, "no_new_privs", "yes");
    if (missing == CAPABILITY_BIT(10))
        finding_set_string(findings, finding, "port", "yes");
    if (!is_refused)
        finding_weaken(finding, SEVERITY_WARNING);
}

bool executable_capabilities(const struct reader *reader, struct span path, struct findings *findings)
{
    struct file_capabilities capabilities;
    struct process_status own;
    uint64_t missing;
    if (!capabilities_in_force(reader, path, &capabilities) || !own_status(reader, &own))
        return true;
    enum file_capabilities_fate fate = file_capabilities_judge(&capabilities, own.bounding, own.inheritable,
                                                               own.permitted, own.no_new_privileges, &missing);
    if (fate == FILE_CAPABILITIES_GRANTED)
        return true;
    finding_add(path, missing, &own, fate == FILE_CAPABILITIES_REFUSED, findings);
    return fate != FILE_CAPABILITIES_REFUSED;
}

/* capabilities(7): root gets what the bounding and the inheritable set have; others the ambient set, and what the file says. */
bool executable_lacks(const struct reader *reader, struct span path, unsigned capability)
{
    struct file_capabilities file = {0};
    struct process_status own;
    if (!own_status(reader, &own))
        return false;
    uint64_t has = own.ambient;
    if (own.uids[0] == 0 || own.uids[1] == 0)
        has |= own.bounding | own.inheritable;
    if (capabilities_in_force(reader, path, &file))
        has |= file.permitted | (file.inheritable & own.inheritable);
    return !(has & CAPABILITY_BIT(capability));
}
