/* SPDX-License-Identifier: MIT */
#include "ringtrue/err.h"

const char *rgt_err_name(int code)
{
    switch (code) {
    case RGT_OK:
        return "OK";
#define NAME(name, value, meaning)                                             \
    case RGT_E_##name:                                                         \
        return "RGT_E_" #name;
        RGT_ERRORS(NAME)
#undef NAME
    default:
        return "?";
    }
}
