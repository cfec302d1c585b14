// SPDX-License-Identifier: Apache-2.0
#include "sim/vcd_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace wd::sim {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

std::vector<std::string> parts_of(const std::string& scope) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < scope.size();) {
    const std::size_t end = std::min(scope.find('.', at), scope.size());
    parts.push_back(scope.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

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
  const std::vector<std::string> wanted = parts_of(scope);
  std::size_t same = 0;
  while (same < std::min(wanted.size(), scope_.size()) && wanted[same] == scope_[same]) ++same;
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
