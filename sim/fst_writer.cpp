// SPDX-License-Identifier: Apache-2.0
#include "sim/fst_writer.hpp"

#include <gtkwave/fstapi.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "sim/scope_path.hpp"

namespace wd::sim {
namespace {

constexpr int picoseconds = -12;
constexpr std::uint64_t half_cycle = 500;

}  // namespace

FstWriter::FstWriter(const std::filesystem::path& path) : origin_(path.string()) {
  file_ = fstWriterCreate(path.c_str(), 1);
  WD_REQUIRE(file_ != nullptr, origin_, ": cannot be written: ", std::strerror(errno));
  // The library keeps the hierarchy beside it until the end; without a name none is left by a program that is killed.
  ::unlink((origin_ + ".hier").c_str());
  fstWriterSetTimescale(file_, picoseconds);
  fstWriterSetPackType(file_, FST_WR_PT_LZ4);
}

FstWriter::~FstWriter() {
  if (file_ != nullptr) fstWriterClose(file_);
}

void FstWriter::enter(const std::string& scope) {
  const std::vector<std::string> wanted = scope_parts(scope);
  const std::size_t same = same_parts(scope_, wanted);
  for (std::size_t i = same; i < scope_.size(); ++i) fstWriterSetUpscope(file_);
  for (std::size_t i = same; i < wanted.size(); ++i)
    fstWriterSetScope(file_, FST_ST_VCD_MODULE, wanted[i].c_str(), nullptr);
  scope_ = wanted;
}

void FstWriter::declare(std::size_t number, const std::string& scope, const std::string& name, int width) {
  enter(scope);
  if (handles_.size() <= number) handles_.resize(number + 1);
  const std::string shown = width > 1 ? text(name, " [", width - 1, ":0]") : name;
  const fstHandle handle =
      fstWriterCreateVar(file_, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, static_cast<std::uint32_t>(width),
                         shown.c_str(), handles_[number]);
  if (handles_[number] == 0) handles_[number] = handle;
  ++names_;
}

void FstWriter::time(std::uint64_t half_cycles) { fstWriterEmitTimeChange(file_, half_cycles * half_cycle); }

void FstWriter::change(std::size_t number, std::string_view bits) {
  fstWriterEmitValueChange(file_, handles_[number], bits.data());
}

void FstWriter::finish(std::uint64_t half_cycles) {
  time(half_cycles);
  fstWriterClose(std::exchange(file_, nullptr));
  require_whole(half_cycles * half_cycle);
}

void FstWriter::require_whole(std::uint64_t end) const {
  void* const reader = fstReaderOpen(origin_.c_str());
  const bool whole =
      reader != nullptr && fstReaderGetEndTime(reader) == end && fstReaderGetVarCount(reader) == names_;
  if (reader != nullptr) fstReaderClose(reader);
  WD_REQUIRE(whole, origin_, ": cannot be written: it is not whole; is the disk full?");
}

}  // namespace wd::sim
