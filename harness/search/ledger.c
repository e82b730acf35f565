/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rig_tally_add(struct rig_tally *tally, const struct rig_finding *f)
{
    tally->seeds++;
    tally->failures += f->verdict != RIG_PASS;
    tally->events += f->events;
    tally->virtual_ns += f->virtual_ns;
    for (int k = 0; k < FAKE_FAULT_COUNT; k++) {
        tally->drawn[k] += f->drawn[k];
        tally->fired[k] += f->fired[k];
    }
}

void rig_tally_join(struct rig_tally *tally, const struct rig_tally *other)
{
    tally->seeds += other->seeds;
    tally->failures += other->failures;
    tally->events += other->events;
    tally->virtual_ns += other->virtual_ns;
    for (int k = 0; k < FAKE_FAULT_COUNT; k++) {
        tally->drawn[k] += other->drawn[k];
        tally->fired[k] += other->fired[k];
    }
}

/* ---- JSON ---- */

static void put(json_t *object, const char *key, uint64_t n)
{
    json_object_set_new(object, key, json_integer((json_int_t)n));
}

static json_t *faults_to_json(const uint64_t *count)
{
    json_t *object = json_object();

    for (int k = 0; k < FAKE_FAULT_COUNT; k++)
        if (count[k])
            put(object, fake_fault_name((enum fake_fault)k), count[k]);
    return object;
}

void rig_tally_to_json(const struct rig_tally *tally, json_t *object)
{
    put(object, "failures", tally->failures);
    put(object, "events", tally->events);
    put(object, "virtual_ms", tally->virtual_ns / 1000000);
    json_object_set_new(object, "drawn", faults_to_json(tally->drawn));
    json_object_set_new(object, "fired", faults_to_json(tally->fired));
}

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));

    return n < 0 ? 0 : (uint64_t)n;
}

static void faults_from_json(uint64_t *count, const json_t *object)
{
    for (int k = 0; k < FAKE_FAULT_COUNT; k++)
        count[k] = number(object, fake_fault_name((enum fake_fault)k));
}

void rig_tally_from_json(struct rig_tally *tally, const json_t *object)
{
    *tally = (struct rig_tally){
        .seeds = number(object, "count"),
        .failures = number(object, "failures"),
        .events = number(object, "events"),
        .virtual_ns = number(object, "virtual_ms") * 1000000,
    };
    faults_from_json(tally->drawn, json_object_get(object, "drawn"));
    faults_from_json(tally->fired, json_object_get(object, "fired"));
}

/* ---- lines ---- */

/* One write: the system appends it in one piece. What a full disk leaves of a
 * line is ended, so that the next one is not spoilt. */
static int write_line(int fd, const char *text, size_t bytes)
{
    ssize_t n;

    do
        n = write(fd, text, bytes);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)bytes)
        return 0;
    if (n > 0) {
        n = write(fd, "\n", 1);
        errno = ENOSPC;
    }
    return -1;
}

int rig_ledger_append(int fd, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    size_t bytes = text ? strlen(text) : 0;
    char *whole = text ? realloc(text, bytes + 2) : NULL;
    int rc = -1;

    if (whole) {
        memcpy(whole + bytes, "\n", 2);
        rc = write_line(fd, whole, bytes + 1);
    } else {
        free(text);
        errno = ENOMEM;
    }
    free(whole);
    json_decref(line);
    return rc;
}
