/* SPDX-License-Identifier: MIT
 *
 * ringtrue list: the cases.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "options.h"
#include "setup.h"

#define WIDTH 80

static const struct rig_option option_list[] = {{0}};

static const struct rig_options options = {
    .command = "list",
    .usage = "[ID-PATTERN...]",
    .about = "Prints the id of each case that matches a pattern, or of all, "
             "and the clauses that it puts to the test. What does not fit on "
             "its line follows on lines that begin with a blank.",
    .list = option_list,
};

static int longest_id(const struct rig_vectors *v)
{
    size_t k, longest = 0;

    for (k = 0; k < v->count; k++)
        if (strlen(v->list[k].id) > longest)
            longest = strlen(v->list[k].id);
    return longest > 48 ? 48 : (int)longest;
}

static void print_case(const struct rig_vector *v, int width)
{
    int at = width;
    size_t k;

    printf("%-*s", width, v->id);
    if ((int)strlen(v->id) > width)
        at = WIDTH;
    for (k = 0; k < json_array_size(v->clauses); k++) {
        const char *id = json_string_value(json_array_get(v->clauses, k));
        int bytes = (int)strlen(id) + 2;

        if (at + bytes > WIDTH) {
            printf("\n%*s", width, "");
            at = width;
        }
        printf("  %s", id);
        at += bytes;
    }
    putchar('\n');
}

static void list(const struct rig_vectors *v, char *const *patterns,
                 size_t count)
{
    int width = longest_id(v);
    size_t k;

    for (k = 0; k < v->count; k++)
        if (rig_vector_matches(v->list[k].id, patterns, count))
            print_case(&v->list[k], width);
}

int cmd_list(int argc, char **argv)
{
    struct rig_options o = options;
    struct rig_data data;
    char *const *patterns;
    size_t count;
    int rc;

    if (rig_options_next(&o, argc, argv) < 0)
        return o.exit_code;
    patterns = argv + o.first;
    count = (size_t)(argc - o.first);
    rc = rig_data_load("list", &data);
    if (rc == 0)
        rc = rig_data_check_patterns("list", &data, patterns, count);
    if (rc == 0)
        list(&data.vectors, patterns, count);
    rig_data_free(&data);
    return rc;
}
