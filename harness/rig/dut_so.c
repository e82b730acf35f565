/* SPDX-License-Identifier: MIT */
#include "dut_so.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

static int fail(char *err, size_t room, const char *what)
{
    snprintf(err, room, "%s", what);
    rig_text_one_line(err);
    return -1;
}

/* dlerror begins with the path, which the reader knows already. */
static int fail_dl(char *err, size_t room, const char *path)
{
    const char *what = dlerror();
    size_t bytes = strlen(path);

    if (!what)
        what = "cannot be loaded";
    if (strncmp(what, path, bytes) == 0 && strncmp(what + bytes, ": ", 2) == 0)
        what += bytes + 2;
    return fail(err, room, what);
}

static int check_abi(const struct rig_dut *dut, char *err, size_t room)
{
    if (!dut)
        return fail(err, room, RIG_DUT_SYMBOL "() returned NULL");
    if (dut->abi_version != RIG_DUT_ABI_VERSION) {
        snprintf(err, room,
                 "built for ABI version %lu of dut.h, this ringtrue has %d",
                 (unsigned long)dut->abi_version, RIG_DUT_ABI_VERSION);
        return -1;
    }
    if (dut->size != sizeof(*dut)) {
        snprintf(err, room,
                 "its struct rig_dut has %lu bytes, expected %zu: built "
                 "with another dut.h, or for another machine",
                 (unsigned long)dut->size, sizeof(*dut));
        return -1;
    }
    if (!dut->open || !dut->close || !dut->submit || !dut->poll)
        return fail(err, room, "open, close, submit or poll is NULL");
    return 0;
}

/* A function pointer that dlsym returns as an object pointer. */
static rig_dut_entry_fn *find_entry(void *handle)
{
    void *symbol = dlsym(handle, RIG_DUT_SYMBOL);
    rig_dut_entry_fn *entry;

    memcpy(&entry, &symbol, sizeof(entry));
    return entry;
}

static int open_real(const char *path, const struct rig_dut **dut, char *err,
                     size_t room)
{
    rig_dut_entry_fn *entry;
    void *handle;

    dlerror();
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail_dl(err, room, path);
    entry = find_entry(handle);
    if (entry) {
        *dut = entry();
        if (check_abi(*dut, err, room) == 0)
            return 0;
    } else {
        fail(err, room, "no symbol " RIG_DUT_SYMBOL);
    }
    dlclose(handle);
    return -1;
}

int rig_so_open(const char *path, const struct rig_dut **dut, char *err,
                size_t room)
{
    char *real = realpath(path, NULL);
    struct stat st;
    int rc;

    if (!real)
        return fail(err, room, strerror(errno));
    if (stat(real, &st) || !S_ISREG(st.st_mode))
        rc = fail(err, room, "not a regular file");
    else
        rc = open_real(real, dut, err, room);
    free(real);
    return rc;
}
