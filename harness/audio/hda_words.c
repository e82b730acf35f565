/* SPDX-License-Identifier: MIT
 *
 * hda_words.c: see hda_words.h.
 */
#include "hda_words.h"

#include <stdio.h>

static const char *const devices[16] = {
    "line out",   "speaker",     "headphones", "CD",
    "S/PDIF out", "digital out", "modem line", "modem handset",
    "line in",    "aux",         "microphone", "telephony",
    "S/PDIF in",  "digital in",  "reserved",   "other device"};

static const char *const connections[16] = {
    "",         "1/8 inch ", "1/4 inch ", "ATAPI ", "RCA ",   "optical ",
    "digital ", "analog ",   "DIN ",      "XLR ",   "RJ-11 ", "combination ",
    "",         "",          "",          ""};

static const char *const colors[16] = {
    "",        "black ",  "grey ",   "blue ", "green ", "red ",
    "orange ", "yellow ", "purple ", "pink ", "",       "",
    "",        "",        "white ",  ""};

static const char *const gross[4] = {"", "inside, ", "in a separate chassis, ",
                                     ""};

static const char *const places[16] = {"",
                                       "rear",
                                       "front",
                                       "left",
                                       "right",
                                       "top",
                                       "bottom",
                                       "special place",
                                       "special place",
                                       "special place",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       ""};

static const char *connectivity(uint32_t defconf)
{
    switch (defconf >> 30) {
    case 1:
        return "nothing connected to the pin: ";
    case 2:
        return "built in: ";
    case 3:
        return "jack and built in: ";
    default:
        return "";
    }
}

void rig_hda_words(uint32_t defconf, char *text, size_t room)
{
    const char *place = places[defconf >> 24 & 15];

    snprintf(text, room, "%s%s%s%s%s%s, %sassociation %u, sequence %u",
             connectivity(defconf), colors[defconf >> 12 & 15],
             connections[defconf >> 16 & 15], devices[defconf >> 20 & 15],
             *place ? " at the " : "", place, gross[defconf >> 28 & 3],
             defconf >> 4 & 15, defconf & 15);
}
