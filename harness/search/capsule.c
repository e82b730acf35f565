/* SPDX-License-Identifier: MIT
 *
 * capsule.c: see capsule.h.
 */
#include "capsule.h"

#include <stdlib.h>
#include <string.h>

#include "device_rules.h"
#include "file.h"
#include "schema.h"
#include "text.h"

#define LINE_ROOM 512

json_t *rig_finding_to_json(const struct rig_finding *f)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o}", "verdict",
        rig_verdict_name(f->verdict), "law", rig_text_json(f->law), "op",
        rig_text_json(f->op), "expected", rig_text_json(f->expected), "seen",
        rig_text_json(f->seen), "event",
        f->event == UINT64_MAX ? json_null()
                               : json_integer((json_int_t)f->event));
}

/* ---- writing ---- */

static void print_member(FILE *to, const char *name, json_t *value,
                         size_t flags)
{
    char *text = json_dumps(value, flags | JSON_ENCODE_ANY);

    fprintf(to, "  \"%s\": %s,\n", name, text ? text : "null");
    free(text);
    json_decref(value);
}

/* Lines as strings: arguments of events have 64 bits, numbers in JSON not
 * quite. */
static void print_events(FILE *to, FILE *events)
{
    char line[LINE_ROOM];
    bool first = true;

    fprintf(to, "  \"events\": [");
    rewind(events);
    while (fgets(line, sizeof(line), events)) {
        json_t *text;
        char *quoted;

        line[strcspn(line, "\n")] = '\0';
        text = json_string(line);
        quoted = json_dumps(text, JSON_ENCODE_ANY);
        fprintf(to, "%s\n    %s", first ? "" : ",", quoted ? quoted : "null");
        first = false;
        free(quoted);
        json_decref(text);
    }
    fprintf(to, "%s]\n", first ? "" : "\n  ");
}

static void print(FILE *to, const struct rig_capsule *c)
{
    fprintf(to, "{\n  \"capsule\": %d,\n", RIG_CAPSULE_FORMAT);
    print_member(to, "verdict", rig_finding_to_json(c->finding), 0);
    print_member(to, "subject", json_incref(c->subject), 0);
    print_member(to, "build", json_incref(c->build), 0);
    print_member(to, "seed", json_integer((json_int_t)c->seed), 0);
    print_member(to, "alone", json_boolean(c->alone), 0);
    print_member(to, "tries", json_integer(c->tries), 0);
    print_member(to, "trial", rig_trial_to_json(c->trial), 0);
    print_events(to, c->events);
    fprintf(to, "}\n");
}

int rig_capsule_write(const struct rig_capsule *capsule, const char *path,
                      char *err, size_t room)
{
    struct rig_out out = {0};

    if (rig_out_open(&out, path, err, room))
        return -1;
    print(out.stream, capsule);
    return rig_out_commit(&out, err, room);
}

/* ---- reading ---- */

static json_t *bad(json_t *root, char *err, size_t room, const char *path,
                   const char *pointer, const char *expected)
{
    snprintf(err, room, "%s: %s: %s", path, *pointer ? pointer : "/", expected);
    json_decref(root);
    return NULL;
}

static json_t *checked(json_t *root, const char *path, const json_t *schema,
                       char *err, size_t room)
{
    const json_t *defs = json_object_get(schema, "$defs");
    const json_t *format = json_object_get(root, "capsule");
    struct rig_schema_error error;
    char expected[80];

    if (json_is_integer(format) &&
        json_integer_value(format) != RIG_CAPSULE_FORMAT) {
        snprintf(expected, sizeof(expected), "expected format %d, found %lld",
                 RIG_CAPSULE_FORMAT, (long long)json_integer_value(format));
        return bad(root, err, room, path, "/capsule", expected);
    }
    if (rig_schema_check(schema, json_object_get(defs, "capsule"), root,
                         &error))
        return bad(root, err, room, path, error.pointer, error.expected);
    if (rig_device_check(
            json_object_get(json_object_get(root, "trial"), "device"),
            &error)) {
        char pointer[sizeof(error.pointer) + 16];

        snprintf(pointer, sizeof(pointer), "/trial/device%s", error.pointer);
        return bad(root, err, room, path, pointer, error.expected);
    }
    return root;
}

json_t *rig_capsule_read(const char *path, const json_t *schema, char *err,
                         size_t room)
{
    char *text = rig_file_read(path, err, room);
    json_error_t error;
    json_t *root;

    if (!text)
        return NULL;
    root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (!root) {
        snprintf(err, room, "%s:%d: no JSON: %s", path, error.line, error.text);
        return NULL;
    }
    return checked(root, path, schema, err, room);
}
