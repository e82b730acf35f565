/* SPDX-License-Identifier: MIT */
#include "origin.h"

#include <stdint.h>
#include <stdio.h>

#include "generate.h"
#include "text.h"

void rig_file_hash(const char *path, char *to, size_t room)
{
    FILE *f = fopen(path, "rb");
    uint64_t hash = 0xcbf29ce484222325u;
    uint8_t block[65536];
    size_t n;

    snprintf(to, room, "unknown");
    if (!f)
        return;
    while ((n = fread(block, 1, sizeof(block), f)) > 0)
        for (size_t k = 0; k < n; k++)
            hash = (hash ^ block[k]) * 0x100000001b3u;
    if (!ferror(f))
        snprintf(to, room, "fnv1a-%016llx", (unsigned long long)hash);
    fclose(f);
}

json_t *rig_origin_build(void)
{
    char build[40], generator[32];

    rig_file_hash("/proc/self/exe", build, sizeof(build));
    rig_generator_name(generator, sizeof(generator));
    return json_pack("{s:s, s:s, s:i, s:s}", "tool",
                     "ringtrue " RINGTRUE_VERSION, "build", build, "abi",
                     RIG_DUT_ABI_VERSION, "generator", generator);
}

json_t *rig_origin_subject(const struct rig_setup *setup,
                           const struct rig_dut *dut)
{
    json_t *hash = json_null();
    char text[40];

    if (setup->so_path) {
        rig_file_hash(setup->so_path, text, sizeof(text));
        hash = json_string(text);
    }
    return json_pack("{s:o, s:o, s:o}", "dut", rig_text_json(setup->dut),
                     "name", rig_text_json(dut->name), "hash", hash);
}
