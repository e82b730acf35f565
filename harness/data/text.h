/* SPDX-License-Identifier: MIT
 *
 * text.h: text of unknown origin (a subject's output, a log line) made fit
 * for JSON, XML, a terminal and a shell. None of it can be trusted to be
 * UTF-8 or to be free of control characters.
 */
#ifndef RIG_TEXT_H
#define RIG_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Stands for every byte that is not UTF-8. */
#define RIG_TEXT_BAD 0xfffdu

/* The character that s (not at its end) begins with, and in *bytes how long
 * it is. What is not UTF-8 is one RIG_TEXT_BAD per byte. */
uint32_t rig_text_next(const char *s, size_t *bytes);

/* A JSON string of s; NULL gives JSON null. */
json_t *rig_text_json(const char *s);

/* s as XML: the value of an attribute, in double quotes, or the content of an
 * element. Characters that XML 1.0 cannot hold become RIG_TEXT_BAD. */
void rig_text_xml(FILE *out, const char *s, bool attribute);

/* s for a terminal: control characters become '?'. */
void rig_text_plain(FILE *out, const char *s);

/* The same, filled at `width` columns. The first line starts where the cursor
 * is, at column `indent`; later ones are indented to it. Ends with a
 * newline. */
void rig_text_wrap(FILE *out, const char *s, unsigned indent, unsigned width);

/* Appends s as one word of a POSIX shell; always ends `to` with NUL. */
void rig_text_shell(char *to, size_t room, const char *s);

/* Turns line ends and other control characters into blanks, in place. */
void rig_text_one_line(char *s);

#endif
