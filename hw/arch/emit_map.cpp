// SPDX-License-Identifier: Apache-2.0
// The register map as a module: what lies at an address, what may be done with it, and the largest value of a write.
#include <cctype>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

#include "hw/arch/arch.hpp"
#include "hw/arch/emit_arch.hpp"

namespace wd::arch {
namespace {

/// An expression of registers.def in SystemVerilog: arch.x and what is counted, numbers of 16s, nothing else.
class Expression {
 public:
  explicit Expression(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at;
      while (end < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_' || text[end] == '.'))
        ++end;
      if (end == at)
        sv_ += text[at++];
      else
        word(text.substr(at, end - at));
      at = std::max(at, end);
    }
  }
  const std::string& sv() const { return sv_; }
  const std::set<std::string>& parameters() const { return parameters_; }

 private:
  void word(std::string_view word) {
    if (word.starts_with("arch.")) {
      sv_ += *parameters_.insert(upper_camel(word.substr(5))).first;
    } else if (word.starts_with("0x")) {
      sv_ += "'h" + std::string(word.substr(2));
    } else if (std::isdigit(static_cast<unsigned char>(word[0]))) {
      sv_ += word;
    } else {
      sv_ += "wd_arch_pkg::" + upper_camel(word);
    }
  }

  std::string sv_;
  std::set<std::string> parameters_;
};

std::set<std::string> all_parameters() {
  std::set<std::string> result;
  const auto add = [&](std::string_view text) { result.merge(std::set(Expression(text).parameters())); };
#define REGISTER(name, sv, address, access, highest, meaning) add(#highest);
#include "hw/arch/registers.def"
#define REGISTER_BLOCK(name, sv, address, access, words, count, meaning) add(#count);
#include "hw/arch/registers.def"
  return result;
}

void emit_register(int index, const char* sv, const std::string& access, std::string_view highest) {
  std::printf("    if (address_i == AddressBits'(wd_arch_pkg::Reg%s)) begin\n", sv);
  std::printf("      register_o[%d] = 1'b1;\n", index);
  if (access[0] == 'R') std::puts("      readable_o = 1'b1;");
  if (access.find('W') != std::string::npos) {
    std::puts("      writable_o = 1'b1;");
    if (access.back() == 'A') std::puts("      always_o = 1'b1;");
    std::printf("      highest_o = %s;\n", ("32'(" + Expression(highest).sv() + ")").c_str());
  }
  std::puts("    end");
}

void emit_block(const char* name, const char* sv, const std::string& access, int words,
                std::string_view count) {
  const std::string size = "4 * " + std::to_string(words) + " * (" + Expression(count).sv() + ")";
  std::printf("    if (address_i[1:0] == 2'd0 && 32'(address_i) - wd_arch_pkg::Reg%s < %s) begin\n", sv,
              size.c_str());
  std::printf("      %s_o = 1'b1;\n", name);
  if (access[0] == 'R') std::puts("      readable_o = 1'b1;");
  if (access.find('W') != std::string::npos) std::puts("      writable_o = 1'b1;");
  std::puts("    end");
}

}  // namespace

void emit_map() {
  std::puts("// SPDX-License-Identifier: Apache-2.0");
  std::puts(
      "// What lies at an address of the register map, what may be done with it, and the largest value of a "
      "write.");
  std::puts(
      "// Generated from hw/arch/registers.def by emit_arch. Do not edit; scripts/generate.sh makes it "
      "again.");
  std::puts("module wd_register_map #(");
  for (const std::string& name : all_parameters())
    std::printf("  parameter  int unsigned %s = wd_arch_pkg::%s,\n", name.c_str(), name.c_str());
  std::puts("  parameter  int unsigned AddressBits = 18\n) (");
  std::puts("  input  logic [AddressBits-1:0]                address_i,");
  std::puts(
      "  output logic [wd_arch_pkg::RegisterCount-1:0] register_o,  // at most one of these and of the "
      "blocks");
#define REGISTER_BLOCK(name, sv, ...) std::printf("  output logic %s_o,\n", #name);
#include "hw/arch/registers.def"
  std::puts("  output logic                                  readable_o,");
  std::puts("  output logic                                  writable_o,");
  std::puts("  output logic                                  always_o,    // also while the core is busy");
  std::puts("  output logic [31:0]                           highest_o\n);");
  std::puts(
      "  always_comb begin\n    register_o = '0;\n    readable_o = 1'b0;\n    writable_o = 1'b0;\n    "
      "always_o = 1'b0;");
  std::puts("    highest_o = '1;");
#define REGISTER_BLOCK(name, sv, ...) std::printf("    %s_o = 1'b0;\n", #name);
#include "hw/arch/registers.def"
  int index = 0;
#define REGISTER(name, sv, address, access, highest, meaning) emit_register(index++, #sv, #access, #highest);
#include "hw/arch/registers.def"
#define REGISTER_BLOCK(name, sv, address, access, words, count, meaning) \
  emit_block(#name, #sv, #access, words, #count);
#include "hw/arch/registers.def"
  std::puts("  end\nendmodule");
}

}  // namespace wd::arch
