/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

/* Continuation bytes that follow a first byte, or 4: none can. */
static unsigned tail_bytes(unsigned char first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    if (first >= 0xf0 && first <= 0xf4)
        return 3;
    return 4;
}

/* Overlong forms, surrogates and what lies beyond Unicode are not UTF-8. */
static bool valid(uint32_t c, unsigned tail)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

    return c >= least[tail] && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
}

uint32_t rig_text_next(const char *s, size_t *bytes)
{
    const unsigned char *u = (const unsigned char *)s;
    unsigned tail = tail_bytes(u[0]), k;
    uint32_t c;

    *bytes = 1;
    if (tail == 0)
        return u[0];
    if (tail > 3)
        return RIG_TEXT_BAD;
    c = u[0] & (0x3fu >> tail);
    for (k = 1; k <= tail; k++) {
        if ((u[k] & 0xc0) != 0x80) /* also at the final NUL */
            return RIG_TEXT_BAD;
        c = c << 6 | (u[k] & 0x3fu);
    }
    if (!valid(c, tail))
        return RIG_TEXT_BAD;
    *bytes = tail + 1;
    return c;
}

static bool all_utf8(const char *s)
{
    size_t bytes;

    for (; *s; s += bytes)
        if (rig_text_next(s, &bytes) == RIG_TEXT_BAD && bytes == 1)
            return false;
    return true;
}

json_t *rig_text_json(const char *s)
{
    size_t bytes, used = 0;
    json_t *j;
    char *copy;

    if (!s)
        return json_null();
    if (all_utf8(s))
        return json_string(s);
    copy = malloc(3 * strlen(s) + 1);
    if (!copy)
        return NULL;
    for (; *s; s += bytes) {
        bool bad = rig_text_next(s, &bytes) == RIG_TEXT_BAD;

        memcpy(copy + used, bad ? "\xef\xbf\xbd" : s, bad ? 3 : bytes);
        used += bad ? 3 : bytes;
    }
    copy[used] = '\0';
    j = json_string(copy);
    free(copy);
    return j;
}

static const char *xml_entity(uint32_t c, bool attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\n': /* a parser turns these two into blanks in attributes */
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    case '\r': /* and this one into a line end everywhere */
        return "&#13;";
    default:
        break;
    }
    if (c < 0x20 || c == 0xfffe || c == 0xffff || c == RIG_TEXT_BAD)
        return "\xef\xbf\xbd";
    return NULL;
}

void rig_text_xml(FILE *out, const char *s, bool attribute)
{
    size_t bytes;

    for (; *s; s += bytes) {
        const char *entity = xml_entity(rig_text_next(s, &bytes), attribute);

        if (entity)
            fputs(entity, out);
        else
            fwrite(s, 1, bytes, out);
    }
}

/* C0, DEL and C1: what could move the cursor or change its colour. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

static void put_plain(FILE *out, const char *s, size_t room)
{
    size_t bytes;

    for (; room > 0 && *s; s += bytes, room -= bytes) {
        uint32_t c = rig_text_next(s, &bytes);

        if (is_control(c) || c == RIG_TEXT_BAD)
            fputc(c == '\t' ? ' ' : '?', out);
        else
            fwrite(s, 1, bytes, out);
    }
}

void rig_text_plain(FILE *out, const char *s)
{
    put_plain(out, s, strlen(s));
}

/* Columns of n bytes, every character taken as one wide. */
static unsigned columns(const char *s, size_t n)
{
    size_t bytes, k;
    unsigned count = 0;

    for (k = 0; k < n; k += bytes, count++)
        rig_text_next(s + k, &bytes);
    return count;
}

void rig_text_wrap(FILE *out, const char *s, unsigned indent, unsigned width)
{
    unsigned at = indent;

    for (;;) {
        size_t bytes;
        unsigned wide;

        s += strspn(s, " \t\n");
        bytes = strcspn(s, " \t\n");
        if (bytes == 0)
            break;
        wide = columns(s, bytes);
        if (at > indent && at + 1 + wide > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', out);
            at++;
        }
        put_plain(out, s, bytes);
        at += wide;
        s += bytes;
    }
    fputc('\n', out);
}

static void append(char *to, size_t room, const char *s, size_t bytes)
{
    size_t used = strlen(to);

    if (used + bytes < room) {
        memcpy(to + used, s, bytes);
        to[used + bytes] = '\0';
    }
}

void rig_text_shell(char *to, size_t room, const char *s)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz"
                               "0123456789@%+=:,./_-";

    if (*s && s[strspn(s, safe)] == '\0') {
        append(to, room, s, strlen(s));
        return;
    }
    append(to, room, "'", 1);
    for (; *s; s++) {
        if (*s == '\'')
            append(to, room, "'\\''", 4);
        else
            append(to, room, s, 1);
    }
    append(to, room, "'", 1);
}

void rig_text_one_line(char *s)
{
    for (; *s; s++)
        if (is_control((unsigned char)*s) && (unsigned char)*s < 0x80)
            *s = ' ';
}
