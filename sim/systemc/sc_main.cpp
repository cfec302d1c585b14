// SPDX-License-Identifier: Apache-2.0
// The SystemC library has a `main` of its own that wants sc_main;
// our programs have theirs, so this one is never called.
#include <systemc>

int sc_main(int, char**) { return 1; }
