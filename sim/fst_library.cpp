// SPDX-License-Identifier: Apache-2.0
// GTKWave's library for FST as it comes with Verilator: sources to be included, as Verilator's own file does.
#define FST_CONFIG_INCLUDE "gtkwave/fst_config.h"
#include <gtkwave/fastlz.c>
#include <gtkwave/fstapi.c>
#include <gtkwave/lz4.c>
