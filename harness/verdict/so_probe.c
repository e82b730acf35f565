/* SPDX-License-Identifier: MIT
 *
 * so_probe.c: see so_probe.h.
 */
#include "so_probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dut_so.h"
#include "instrument.h"
#include "pool.h"

#define PROBE_MS 5000

struct probe {
    const char *path;
    bool instrumented;
    char *err;
    size_t room;
    int rc;
};

static void probe_run(void *ctx, size_t k, struct rig_result *out)
{
    const struct probe *p = ctx;
    const struct rig_dut *dut;

    (void)k;
    out->verdict = RIG_PASS;
    if (rig_so_open(p->path, &dut, out->reason, sizeof(out->reason)))
        out->verdict = RIG_FAIL;
    if (out->verdict == RIG_PASS && p->instrumented &&
        !rig_instrument_loaded()) {
        out->verdict = RIG_FAIL;
        snprintf(out->reason, sizeof(out->reason),
                 "not compiled with -fsanitize=thread, as --instrument needs");
    }
}

static void probe_done(void *ctx, size_t k, struct rig_result *result)
{
    struct probe *p = ctx;

    (void)k;
    p->rc = result->verdict == RIG_PASS ? 0 : -1;
    if (result->verdict == RIG_PASS || result->verdict == RIG_FAIL)
        snprintf(p->err, p->room, "%s", result->reason);
    else
        snprintf(p->err, p->room, "while it was loaded: %s", result->reason);
}

int rig_so_probe(const char *path, bool instrumented, char *err, size_t room)
{
    struct probe p = {path, instrumented, err, room, -1};
    const struct rig_pool pool = {1, 1, PROBE_MS, probe_run, probe_done, &p};
    int rc = rig_pool_run(&pool);

    if (rc > 0)
        snprintf(err, room, "interrupted while it was loaded");
    else if (rc < 0)
        snprintf(err, room, "cannot be tried out: %s", strerror(errno));
    return rc ? -1 : p.rc;
}
