/* SPDX-License-Identifier: MIT
 *
 * differs.c: see differs.h.
 */
#include "differs.h"

#include <stdint.h>
#include <string.h>

json_t *rig_differs(const void *seen, const void *wanted, size_t bytes)
{
    const uint8_t *a = seen, *b = wanted;
    json_int_t first = 0, differ = 0, bits = 0;

    for (size_t k = 0; k < bytes; k++) {
        if (a[k] == b[k])
            continue;
        if (!differ++)
            first = (json_int_t)k;
        bits += __builtin_popcount(a[k] ^ b[k]);
    }
    if (!differ)
        return NULL;
    return json_pack("{s:I, s:I, s:I}", "first", first, "bytes", differ, "bits",
                     bits);
}

static bool names_mismatch(const json_t *expect)
{
    const json_t *one;
    size_t k;

    if (json_is_string(expect))
        return strcmp(json_string_value(expect), "mismatch") == 0;
    json_array_foreach(expect, k, one)
    {
        if (strcmp(json_string_value(one), "mismatch") == 0)
            return true;
    }
    return false;
}

bool rig_differs_as_expected(const json_t *step, const json_t *result)
{
    const json_t *seen = json_object_get(result, "differs");
    const char *key;
    json_t *want;

    if (!seen || !names_mismatch(json_object_get(step, "expect")))
        return false;
    json_object_foreach(json_object_get(step, "differs"), key, want)
    {
        if (!json_equal(json_object_get(seen, key), want))
            return false;
    }
    return true;
}
