// SPDX-License-Identifier: Apache-2.0
#include "hw/arch/arch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.hpp"
#include "hw/arch/registers.hpp"

using namespace wd;
using namespace wd::arch;

TEST_CASE("instructions: every field survives encode and decode", "[arch][round-trip]") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    Instr instr;
    for_each_field(instr, [&](const Field& field, auto& value) {
      value = static_cast<std::int64_t>(random() >> (64 - field.bits));
    });
    instr.acc_shift -= 32;  // the two signed fields
    instr.res_shift -= 32;
    CHECK(decode(encode(instr)) == instr);
  }
}

TEST_CASE("instructions: the first field is the most significant", "[arch]") {
  Instr instr;
  instr.op = 8;
  instr.layer = 0x965;
  instr.count = 0x21;  // of which bit 5 is the first one of a word
  instr.reserved = 2;
  const InstrWord word = encode(instr);
  CHECK(word[5] >> 59 == 8);
  CHECK(word[0] == 0x0cb2'8000'0000'0002);
  CHECK(word[1] == 1);
}

TEST_CASE("instructions: a field that does not fit is refused by name", "[arch][bad-input][message]") {
  Instr instr;
  instr.op = static_cast<int>(Op::Conv);
  instr.in_h = 1024;
  CHECK_THROWS_WITH(encode(instr), Catch::Contains("instruction CONV") &&
                                       Catch::Contains("field 'in_h' is 1024, must be 0 to 1023"));
}

TEST_CASE("operations: unknown ones, fields out of range and fields they do not use are refused by name",
          "[arch][bad-input][message]") {
  const auto answer = [](const Instr& instr) {
    try {
      check_fields(instr, "pc 3: ");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  Instr load = make(Op::LoadNorms);
  load.count = 4;
  CHECK(answer(load) == "accepted");
  load.layer = 1;
  CHECK(answer(load) == "pc 3: field 'layer' is 1, must be 0: LOAD_NORMS does not use it");
  load.layer = 0;
  load.count = 0;
  CHECK(answer(load) == "pc 3: field 'count' is 0, must be 1 to 16777215");
  Instr halt = make(Op::Halt);
  halt.reserved = 2;
  CHECK(answer(halt) == "pc 3: field 'reserved' is 2, must be 0: HALT does not use it");
  halt.reserved = 0;
  CHECK(answer(halt) == "accepted");
  // Every opcode from 0 to LOAD_TABLE is known, none above: written out here so that a new one needs a thought.
  for (int opcode = 0; opcode < 16; ++opcode) {
    Instr instr;
    instr.op = opcode;
    CHECK((answer(instr) == text("pc 3: opcode ", opcode, " is unknown")) == (opcode > 13));
  }
  for (int opcode = 0; opcode < 16; ++opcode)
    CHECK(is_burst(static_cast<Op>(opcode)) ==
          ((opcode >= 1 && opcode <= 4) || opcode == 11 || opcode == 13));
  for (int opcode = 0; opcode < 16; ++opcode)
    CHECK(stores(static_cast<Op>(opcode)) == (opcode == 4 || opcode == 11));
  for (int opcode = 0; opcode < 16; ++opcode)
    CHECK(has_tiles(static_cast<Op>(opcode)) == ((opcode >= 8 && opcode <= 10) || opcode == 12));
}

TEST_CASE("instructions: the range of a field fits its bits", "[arch]") {
  for (const Field& field : fields) {
    INFO(field.name);
    const bool is_signed = field.sign == Sign::Signed;
    CHECK(field.low <= field.high);
    CHECK(field.low >= (is_signed ? -(std::int64_t{1} << (field.bits - 1)) : 0));
    CHECK(field.high < std::int64_t{1} << (field.bits - is_signed));
  }
}

TEST_CASE("arch: parameters out of range, unknown or missing are refused", "[arch][bad-input][message]") {
  nlohmann::json value = to_json(Arch{});
  CHECK(arch_from_json(value, "a.json") == Arch{});
  value["pes_per_group"] = 24;
  CHECK_THROWS_WITH(arch_from_json(value, "a.json"),
                    Catch::Contains("a.json") && Catch::Contains("'pes_per_group' is 24"));
  value["pes_per_group"] = 16;
  value["chunk"] = 32;
  CHECK_THROWS_WITH(arch_from_json(value, "a.json"), Catch::Contains("must be a multiple of 'chunk', 32"));
  value["chunk"] = 16;
  value = to_json(Arch{});
  value["window"] = 9;
  CHECK_THROWS_WITH(arch_from_json(value, "a.json"), Catch::Contains("'window' is 9, must be 1 to 8"));
  value = to_json(Arch{});
  value["windov"] = 4;
  CHECK_THROWS_WITH(arch_from_json(value, "a.json"), Catch::Contains("unknown key 'windov'"));
  value.erase("windov");
  value.erase("chunk");
  CHECK_THROWS_WITH(arch_from_json(value, "a.json"), Catch::Contains("key 'chunk' is missing"));
}

TEST_CASE("arch: a parameter that was added later is not in program files that do not need it",
          "[arch][round-trip]") {
  nlohmann::json value = to_program_json(Arch{});
  CHECK_FALSE(value.contains("organisation"));  // as in every file from before it
  value["organisation"] = 0;
  CHECK(arch_from_json(value, "a.json") == Arch{});
  value["organisation"] = organisation_count;
  CHECK_THROWS_WITH(arch_from_json(value, "a.json"),
                    Catch::EndsWith(text("'organisation' is ", organisation_count, ", must be 0")));
}

TEST_CASE("arch: each parameter off its default survives a result file, also on top of the defaults",
          "[arch][round-trip]") {
  const auto survives = [](const Arch& arch, const char* name, int given) {
    INFO(name << " " << given);
    CHECK(changes(arch) == nlohmann::json{{name, given}});
    const nlohmann::json value = to_json(arch);
    nlohmann::json full = to_json(Arch{});  // what --arch does with a file
    full.update(value);
    CHECK(full == value);  // no parameter is left to the defaults
    CHECK(completed(to_program_json(arch)) == value);
    if (!fault(arch).empty()) return;
    CHECK(arch_from_json(full, "a.json") == arch);
    CHECK(arch_from_json(to_program_json(arch), "a.json") == arch);
  };
  CHECK(changes(Arch{}) == nlohmann::json::object());
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning)    \
  for (int given = low; given <= high && given < 70; ++given) { \
    Arch arch;                                                  \
    arch.name = given;                                          \
    if (given != dflt) survives(arch, #name, given);            \
  }
#include "hw/arch/params.def"
#undef ARCH_PARAM
}

TEST_CASE("arch: parameters of walker sets that cannot work are refused by name",
          "[arch][bad-input][message]") {
  const auto answer = [](int Arch::*parameter, int value, int Arch::*other = nullptr, int its = 0) {
    Arch arch;
    arch.*parameter = value;
    if (other != nullptr) arch.*other = its;
    try {
      check(arch, "a.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  for (int groups : {1, 2, 4, 8, 16}) CHECK(answer(&Arch::groups_per_walker, groups) == "accepted");
  for (int decoders : {0, 1, 2, 4, 8, 16, 32}) CHECK(answer(&Arch::decoders, decoders) == "accepted");
  CHECK(answer(&Arch::decoders, 12) == "a.json: parameter 'decoders' is 12, must be 0, 1, 2, 4, 8, 16 or 32");
  CHECK(answer(&Arch::groups_per_walker, 3) ==
        "a.json: parameter 'groups_per_walker' is 3, must be 1, 2, 4, 8 or 16");
  CHECK(answer(&Arch::entries, 3) ==
        "a.json: parameter 'entries' is 3, a window of 2 rows can use at most 2; set \"entries\": 2 or raise "
        "'window'");
  CHECK(answer(&Arch::window, 1) ==
        "a.json: parameter 'entries' is 2, a window of 1 row can use at most 1; set \"entries\": 1 or raise "
        "'window'");
  // Numbers and switches have no unit, and one value is no range.
  CHECK(answer(&Arch::latch_operand, 2) == "a.json: parameter 'latch_operand' is 2, must be 0 or 1");
  CHECK(answer(&Arch::bus_bits, 64) == "a.json: parameter 'bus_bits' is 64, must be 128 bits");
  CHECK(
      answer(&Arch::planes_per_row, 2, &Arch::planes, 1) ==
      "a.json: parameter 'planes_per_row' is 2, weights have 1; set \"planes_per_row\": 1 or raise 'planes'");
  CHECK(answer(&Arch::weight_rows, 1537) ==
        "a.json: parameter 'weight_rows' is 1537, must be a multiple of 2: 'planes_per_row' of 2 splits the "
        "weight "
        "buffer into 2 banks");
  CHECK(answer(&Arch::weight_rows, 1538, &Arch::planes_per_row, 3) ==
        "a.json: parameter 'weight_rows' is 1538, must be a multiple of 4: 'planes_per_row' of 3 splits the "
        "weight "
        "buffer into 4 banks");
  CHECK(answer(&Arch::sum_segment, 5) == "a.json: parameter 'sum_segment' is 5, must be 0 or 6 to 12");
  CHECK(answer(&Arch::sum_segment, 0) == "accepted");
  CHECK(answer(&Arch::latch_operand, 1, &Arch::sum_segment, 0) ==
        "a.json: parameter 'latch_operand' is 1, which needs a segmented sum; set 'sum_segment' to 6 to 12");
}

TEST_CASE("arch: a file without the walkers' parameters means a walker in every PE", "[arch]") {
  nlohmann::json value = to_json(Arch{});
  for (const char* key : {"groups_per_walker", "entries", "planes_per_row", "sum_segment"}) value.erase(key);
  value["window"] = 8;
  const Arch arch = arch_from_json(value, "a.json");
  CHECK(arch.groups_per_walker == 1);
  CHECK(arch.entries == 8);
  CHECK(arch.planes_per_row == 1);
  CHECK(arch.sum_segment == 0);
  CHECK(arch_from_json(to_json(arch), "a.json") == arch);
  // Changes on top of the default's JSON change what they name only.
  value = to_json(Arch{});
  value["window"] = 4;
  CHECK(arch_from_json(value, "a.json").entries == 2);
}

TEST_CASE("switches: bits follow the list's order", "[arch]") {
  Switches switches;
  CHECK(switches.bits() == 0x1ff);
  switches.skip_zero_weights = false;
  CHECK(switches.bits() == 0x1fd);
  CHECK(Switches::from_bits(0x1fd) == switches);
}

TEST_CASE("switches: values lie behind the bits, and are refused beyond the architecture",
          "[arch][bad-input]") {
  Switches switches;
  switches.window = 5;
  CHECK(switches.bits() == 0x1ff);
  CHECK(switches.control() == (0x1ff | 5 << 9));
  Arch arch;
  arch.window = 4;
  check(Switches{}, arch, "run");
  CHECK_THROWS_WITH(check(switches, arch, "run"), "run: switch 'window' is 5, must be 0 (all) to 4");
  switches.window = -1;
  CHECK_THROWS_WITH(check(switches, arch, "run"), Catch::Contains("switch 'window' is -1"));
}

TEST_CASE("registers: addresses, access and highest values are those of the map", "[arch]") {
  const Arch arch;
  CHECK(register_at::start == 0);
  CHECK(register_at::window == 0x10);
  CHECK(register_at::instructions == 0x10000);
  CHECK(status_done == 1);
  CHECK(status_busy == 2);
  const auto entry = find_register(arch, 0x08);
  REQUIRE(entry);
  CHECK(entry->readable());
  CHECK(entry->writable());
  CHECK(entry->highest == 255);
  CHECK_FALSE(find_register(arch, register_at::start)->readable());
  CHECK_FALSE(find_register(arch, register_at::status)->writable());
  CHECK_FALSE(find_register(arch, 0x38));
  CHECK_FALSE(entry->always());
  CHECK(find_register(arch, register_at::interrupt_pending)->always());
  CHECK(register_at::mem_base == 0x14);
  CHECK(register_at::fault_address == 0x2c);
  CHECK(register_at::configuration == 0x200);
  CHECK(configuration_block(arch).bytes() == 4 * parameter_count);
  CHECK(parameter(arch, 2) == arch.pes_per_group);
  CHECK(name_of(FaultCause::bus_error) == "bus_error");
  CHECK_FALSE(find_register(arch, register_at::counters));
  CHECK(counters_block(arch).holds(0x100 + 8 * counter_count - 4));
  CHECK_FALSE(counters_block(arch).holds(0x100 + 8 * counter_count));
  CHECK(instructions_block(arch).bytes() == 256 * 48);
}
