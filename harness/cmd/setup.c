/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choices.h"
#include "fakedev/arena.h"
#include "fakedev/sched.h"
#include "fakedev/store.h"
#include "file.h"
#include "instrument.h"
#include "options.h"
#include "schema.h"
#include "so_probe.h"

static int check_image(const char *command, const char *path)
{
    char err[2048];
    struct fake_store *store = fake_store_cow(path, err, sizeof(err));

    if (!store)
        return rig_complain(command, "--image: %s", err);
    store->ops->close(store);
    return 0;
}

static int check_instrument(const char *command, const struct rig_setup *setup)
{
    if (!rig_instrument_can())
        return rig_complain(command, "--instrument: not in a ringtrue that is "
                                     "itself built with -fsanitize=thread");
    if (setup->sched != FAKE_SCHED_STEP)
        return rig_complain(command, "--instrument: in step mode only, not "
                                     "with --sched threads");
    if (setup->memory == FAKE_MEM_GUARDED)
        return rig_complain(command, "--instrument: not with --memory guarded, "
                                     "and sees all that it would");
    if (setup->subject != RIG_SUBJECT_SO)
        return rig_complain(command,
                            "--instrument: for shared objects only (--dut "
                            "PATH.so), '%s' is not instrumented",
                            setup->dut);
    return 0;
}

int rig_setup_check(const char *command, const struct rig_setup *setup)
{
    char err[2048];

    if (setup->instrument && check_instrument(command, setup))
        return RIG_EXIT_USAGE;
    if (setup->image && check_image(command, setup->image))
        return RIG_EXIT_USAGE;
    if (setup->subject == RIG_SUBJECT_SO &&
        rig_so_probe(setup->so_path, setup->instrument, err, sizeof(err)))
        return rig_complain(command, "--dut '%s': %s", setup->so_path, err);
    return 0;
}

/* --- data ---------------------------------------------------------- */

static int complain_clause(const char *command, const struct rig_vector *vector,
                           const char *member, size_t index, const char *id)
{
    char err[512], pointer[64];
    char *text = rig_file_read(vector->path, err, sizeof(err));

    snprintf(pointer, sizeof(pointer), "/%s/%zu", member, index);
    rig_complain(command,
                 "%s:%d: %s[%zu]: expected a clause of clauses.csv, "
                 "found \"%s\"",
                 vector->path, text ? rig_json_line(text, pointer) : 1, member,
                 index, id ? id : "");
    free(text);
    return RIG_EXIT_USAGE;
}

static int check_clauses(const char *command, const struct rig_data *data,
                         const struct rig_vector *vector, const json_t *list,
                         const char *member)
{
    size_t k;

    for (k = 0; k < json_array_size(list); k++) {
        const char *id = json_string_value(json_array_get(list, k));

        if (!id || !rig_catalogue_find(&data->catalogue, id))
            return complain_clause(command, vector, member, k, id);
    }
    return 0;
}

static int check_applies_if(const char *command,
                            const struct rig_vector *vector)
{
    const char *dim = rig_choices_lacking(vector);
    char err[512], pointer[64];
    char *text;

    if (!dim)
        return 0;
    text = rig_file_read(vector->path, err, sizeof(err));
    snprintf(pointer, sizeof(pointer), "/applies_if/%s", dim);
    rig_complain(command,
                 "%s:%d: applies_if.%s: expected the device's own "
                 "among the values",
                 vector->path, text ? rig_json_line(text, pointer) : 1, dim);
    free(text);
    return RIG_EXIT_USAGE;
}

static int check_vectors(const char *command, const struct rig_data *data)
{
    size_t k;

    for (k = 0; k < data->vectors.count; k++) {
        const struct rig_vector *v = &data->vectors.list[k];

        if (check_clauses(command, data, v, v->clauses, "clauses") ||
            check_clauses(command, data, v, v->guilty, "guilty") ||
            check_applies_if(command, v))
            return RIG_EXIT_USAGE;
    }
    return 0;
}

int rig_data_load(const char *command, struct rig_data *data)
{
    const char *dir = rig_vectors_dir();
    char err[1024];

    memset(data, 0, sizeof(*data));
    if (rig_catalogue_load(&data->catalogue, dir, err, sizeof(err)) ||
        rig_vectors_load(&data->vectors, dir, err, sizeof(err))) {
        rig_complain(command, "%s", err);
        rig_data_free(data);
        return RIG_EXIT_USAGE;
    }
    if (check_vectors(command, data)) {
        rig_data_free(data);
        return RIG_EXIT_USAGE;
    }
    return 0;
}

void rig_data_free(struct rig_data *data)
{
    rig_vectors_free(&data->vectors);
    rig_catalogue_free(&data->catalogue);
}

int rig_data_check_patterns(const char *command, const struct rig_data *data,
                            char *const *patterns, size_t count)
{
    const struct rig_vectors *v = &data->vectors;
    size_t p, k;

    for (p = 0; p < count; p++) {
        for (k = 0; k < v->count; k++)
            if (rig_vector_matches(v->list[k].id, patterns + p, 1))
                break;
        if (k == v->count)
            return rig_complain(command, "no case matches '%s'", patterns[p]);
    }
    return 0;
}
