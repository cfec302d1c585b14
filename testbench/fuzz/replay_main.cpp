// SPDX-License-Identifier: Apache-2.0
// A fuzz target without libFuzzer: its seeds, then mutations of them from a fixed seed; or the named files.
//
// Errors    a finding ends the program with a message.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <random>
#include <string>

#include "base/error.hpp"
#include "testbench/fuzz/seeds.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {
namespace {

class Mutator {
 public:
  explicit Mutator(const std::vector<Bytes>& seeds) : seeds_(seeds) {}

  Bytes next() {
    Bytes bytes = seeds_[below(seeds_.size())];
    for (std::size_t rounds = 1 + below(4); rounds > 0; --rounds) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t count) { return random_() % std::max<std::size_t>(count, 1); }
  static std::ptrdiff_t at(std::size_t place) { return static_cast<std::ptrdiff_t>(place); }

  void change(Bytes& bytes) {
    if (bytes.empty()) bytes.push_back(static_cast<std::uint8_t>(random_()));
    const std::size_t place = below(bytes.size());
    switch (below(8)) {
      case 0:
        bytes[place] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        bytes[place] = static_cast<std::uint8_t>(random_());
        break;
      case 2:
        bytes.resize(place);
        break;
      case 3:
        number(bytes, place);
        break;
      case 4:
        digit(bytes, place);
        break;
      case 5: {  // leaves a piece out
        const std::size_t length = 1 + below(std::min<std::size_t>(bytes.size() - place, 64));
        bytes.erase(bytes.begin() + at(place), bytes.begin() + at(place + length));
        break;
      }
      case 6: {  // says a piece again
        const std::size_t length = 1 + below(std::min<std::size_t>(bytes.size() - place, 64));
        const Bytes piece(bytes.begin() + at(place), bytes.begin() + at(place + length));
        bytes.insert(bytes.begin() + at(place), piece.begin(), piece.end());
        break;
      }
      default: {  // goes on as another seed does
        const Bytes& other = seeds_[below(seeds_.size())];
        const std::size_t from = below(other.size());
        bytes.resize(place);
        bytes.insert(bytes.end(), other.begin() + at(from), other.end());
        break;
      }
    }
  }

  /// A length or a count: little- or big-endian, of 1 to 8 bytes, a little more or less, or an extreme.
  void number(Bytes& bytes, std::size_t place) {
    const std::size_t width = std::min<std::size_t>(std::size_t{1} << below(4), bytes.size() - place);
    const bool big_endian = below(2) == 1;
    const auto digit_at = [&](std::size_t i) -> std::uint8_t& {
      return bytes[place + (big_endian ? width - 1 - i : i)];
    };
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{digit_at(i)} << 8 * i;
    const std::uint64_t choices[] = {
        value + 1,    value - 1, value * 2, ~std::uint64_t{0}, ~std::uint64_t{0} >> 1, std::uint64_t{1} << 31,
        bytes.size(), 0};
    value = choices[below(std::size(choices))];
    for (std::size_t i = 0; i < width; ++i) digit_at(i) = static_cast<std::uint8_t>(value >> 8 * i);
  }

  /// The next decimal digit, as in JSON.
  void digit(Bytes& bytes, std::size_t place) {
    while (place < bytes.size() && (bytes[place] < '0' || bytes[place] > '9')) ++place;
    if (place == bytes.size()) return;
    if (below(2) == 0)
      bytes[place] = static_cast<std::uint8_t>('0' + below(10));
    else
      bytes.insert(bytes.begin() + at(place), 1 + below(12), static_cast<std::uint8_t>('0' + below(10)));
  }

  const std::vector<Bytes>& seeds_;
  std::mt19937_64 random_{20240229};
};

constexpr const char* usage =
    "usage: fuzz_<target>_replay TARGET MUTATIONS [KEEP]\n"
    "       fuzz_<target>_replay FILE...\n"
    "  KEEP  a file that gets each input before it is read: after a crash, the one that caused it\n";

/// @return whether it was accepted
bool give(const Bytes& bytes) {
  const auto start = std::chrono::steady_clock::now();
  const bool accepted = try_read(bytes);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  constexpr double longest_seconds = 20;
  WD_REQUIRE(took.count() < longest_seconds, "an input of ", bytes.size(), " bytes took ", took.count(),
             " s, at most ", longest_seconds, " s are allowed");
  return accepted;
}

void replay(const std::string& target, std::size_t mutations, const std::filesystem::path& keep) {
  const std::vector<Bytes> seeds = seeds_of(target);
  std::size_t good_seeds = 0, good_mutations = 0;
  for (const Bytes& seed : seeds) good_seeds += give(seed) ? 1 : 0;
  WD_REQUIRE(good_seeds > 0, target, ": no seed is accepted; the writer and the reader disagree");
  Mutator mutator(seeds);
  for (std::size_t i = 0; i < mutations; ++i) {
    const Bytes bytes = mutator.next();
    if (!keep.empty()) write_file(keep, bytes);
    good_mutations += give(bytes) ? 1 : 0;
  }
  std::printf("%s: %zu of %zu seeds and %zu of %zu mutations accepted\n", target.c_str(), good_seeds,
              seeds.size(), good_mutations, mutations);
}

int run(const std::vector<std::string>& words) {
  std::size_t mutations = 0;
  const bool is_count = words.size() >= 2 && words.size() <= 3 &&
                        std::from_chars(words[1].data(), words[1].data() + words[1].size(), mutations).ptr ==
                            words[1].data() + words[1].size();
  if (is_count) {
    replay(words[0], mutations, words.size() == 3 ? words[2] : "");
    return 0;
  }
  for (const std::string& file : words)
    std::printf("%s: %s\n", file.c_str(), give(read_file(file)) ? "accepted" : "refused");
  if (words.empty()) std::fputs(usage, stderr);
  return words.empty() ? 1 : 0;
}

}  // namespace
}  // namespace wd::fuzz

int main(int argc, char** argv) {
  try {
    return wd::fuzz::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "finding: %s\n", error.what());
    return 1;
  }
}
