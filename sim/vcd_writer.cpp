// SPDX-License-Identifier: Apache-2.0
#include "sim/vcd_writer.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "sim/scope_path.hpp"

namespace wd::sim {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

}  // namespace

VcdWriter::VcdWriter(const std::filesystem::path& path)
    : origin_(path.string()), file_(std::fopen(path.c_str(), "wb")) {
  WD_REQUIRE(file_ != nullptr, origin_, ": cannot be written: ", std::strerror(errno));
  text_ = "$timescale 1ps $end\n";
}

VcdWriter::~VcdWriter() {
  if (file_ != nullptr) std::fclose(file_);
}

/// Numbers in base 94, of the printable characters.
std::string VcdWriter::code(std::size_t number) {
  std::string result;
  for (++number; number != 0; number /= 94) result += static_cast<char>('!' + --number % 94);
  return result;
}

void VcdWriter::enter(const std::string& scope) {
  const std::vector<std::string> wanted = scope_parts(scope);
  const std::size_t same = same_parts(scope_, wanted);
  for (std::size_t i = same; i < scope_.size(); ++i) text_ += "$upscope $end\n";
  for (std::size_t i = same; i < wanted.size(); ++i) text_ += "$scope module " + wanted[i] + " $end\n";
  scope_ = wanted;
}

void VcdWriter::declare(std::size_t number, const std::string& scope, const std::string& name, int width) {
  WD_ASSERT(header_);
  enter(scope);
  if (codes_.size() <= number) codes_.resize(number + 1);
  codes_[number] = code(number);
  text_ += text("$var wire ", width, " ", codes_[number], " ", name);
  if (width > 1) text_ += text(" [", width - 1, ":0]");
  text_ += " $end\n";
}

void VcdWriter::time(std::uint64_t half_cycles) {
  if (header_) {
    enter("");
    text_ += "$enddefinitions $end\n";
    header_ = false;
  }
  if (text_.size() > buffer_bytes) flush();
  text_ += text("#", half_cycles * 500, "\n");
}

void VcdWriter::change(std::size_t number, std::string_view bits) {
  if (bits.size() > 1) {
    text_ += 'b';
    text_ += bits;
    text_ += ' ';
  } else {
    text_ += bits;
  }
  text_ += codes_[number];
  text_ += '\n';
}

void VcdWriter::finish(std::uint64_t half_cycles) {
  time(half_cycles);
  flush();
  std::FILE* const file = std::exchange(file_, nullptr);
  WD_REQUIRE(std::fclose(file) == 0, origin_, ": cannot be written: ", std::strerror(errno));
}

void VcdWriter::flush() {
  const bool written = std::fwrite(text_.data(), 1, text_.size(), file_) == text_.size();
  WD_REQUIRE(written, origin_, ": cannot be written: ", std::strerror(errno));
  text_.clear();
}

}  // namespace wd::sim
