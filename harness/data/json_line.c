/* SPDX-License-Identifier: MIT
 *
 * From a JSON pointer (RFC 6901) to a place in a text. The text has been
 * parsed before, so a scanner that only keeps its balance will do; on a text
 * that is not JSON it gives some line, and stays within the text.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"

struct scan {
    const char *p;
    int line;
};

static void skip_space(struct scan *s)
{
    for (; *s->p && strchr(" \t\r\n", *s->p); s->p++)
        s->line += *s->p == '\n';
}

/* From a quote to behind its partner. */
static void skip_string(struct scan *s)
{
    for (s->p++; *s->p && *s->p != '"'; s->p++)
        if (*s->p == '\\' && s->p[1])
            s->p++;
    if (*s->p)
        s->p++;
}

static void skip_value(struct scan *s)
{
    int depth = 0;

    do {
        skip_space(s);
        if (*s->p == '"') {
            skip_string(s);
        } else if (*s->p == '{' || *s->p == '[') {
            depth++;
            s->p++;
        } else if (*s->p == '}' || *s->p == ']') {
            depth--;
            s->p++;
        } else if (*s->p == ',' || *s->p == ':') {
            s->p++;
        } else {
            s->p += strcspn(s->p, " \t\r\n,:{}[]\"");
        }
    } while (depth > 0 && *s->p);
}

/* Takes the first segment off a pointer. Returns what is left. */
static const char *next_segment(const char *pointer, char *segment, size_t room)
{
    size_t used = 0;

    for (pointer++; *pointer && *pointer != '/'; pointer++) {
        char c = *pointer;

        if (c == '~' && (pointer[1] == '0' || pointer[1] == '1'))
            c = *++pointer == '0' ? '~' : '/';
        if (used + 1 < room)
            segment[used++] = c;
    }
    segment[used] = '\0';
    return pointer;
}

/* Does the quoted key at p mean `name`? */
static bool key_is(const char *p, const char *name)
{
    struct scan end = {p, 0};
    json_t *key;
    bool same;

    skip_string(&end);
    key = json_loadb(p, (size_t)(end.p - p), JSON_DECODE_ANY, NULL);
    same = key && strcmp(json_string_value(key), name) == 0;
    json_decref(key);
    return same;
}

/* From '{' to the value of a member. */
static bool enter_object(struct scan *s, const char *name)
{
    s->p++;
    for (;;) {
        bool found;

        skip_space(s);
        if (*s->p != '"')
            return false;
        found = key_is(s->p, name);
        skip_string(s);
        skip_space(s);
        if (*s->p == ':')
            s->p++;
        skip_space(s);
        if (found)
            return true;
        skip_value(s);
        skip_space(s);
        if (*s->p == ',')
            s->p++;
    }
}

/* From '[' to the item of that index. */
static bool enter_array(struct scan *s, const char *segment)
{
    unsigned long index = strtoul(segment, NULL, 10);

    for (s->p++;; index--) {
        skip_space(s);
        if (*s->p == '\0' || *s->p == ']')
            return false;
        if (index == 0)
            return true;
        skip_value(s);
        skip_space(s);
        if (*s->p == ',')
            s->p++;
    }
}

int rig_json_line(const char *text, const char *pointer)
{
    struct scan s = {text, 1};

    skip_space(&s);
    while (*pointer == '/') {
        struct scan outer = s;
        char segment[256];
        bool found = false;

        pointer = next_segment(pointer, segment, sizeof(segment));
        if (*s.p == '{')
            found = enter_object(&s, segment);
        else if (*s.p == '[')
            found = enter_array(&s, segment);
        if (!found)
            return outer.line;
    }
    return s.line;
}

/* Can stand behind a dot, with no doubt about what it is? */
static bool is_word(const char *s)
{
    if (!isalpha((unsigned char)*s) && *s != '_')
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && *s != '_' && *s != '-')
            return false;
    return true;
}

void rig_json_path(const json_t *value, const char *pointer, char *out,
                   size_t room)
{
    size_t used = 0;

    out[0] = '\0';
    while (*pointer == '/' && used < room) {
        char segment[256];
        const char *before = used ? "." : "", *after = "";

        pointer = next_segment(pointer, segment, sizeof(segment));
        if (json_is_array(value)) {
            value = json_array_get(value, strtoul(segment, NULL, 10));
            before = "[";
            after = "]";
        } else {
            value = json_object_get(value, segment);
            if (!is_word(segment)) {
                before = "[\"";
                after = "\"]";
            }
        }
        used += (size_t)snprintf(out + used, room - used, "%s%s%s", before,
                                 segment, after);
    }
}
