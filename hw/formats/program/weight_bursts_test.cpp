// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/program/weight_bursts.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "hw/formats/stream/chip_weights.hpp"

using namespace wd;
using namespace wd::program;

namespace {

/// A program with a burst behind two other beats.
struct Burst {
  Program program;
  arch::Instr load = arch::make(arch::Op::LoadWeights);

  explicit Burst(const Bytes& beats) {
    program.memory.assign(2 * beat_bytes, 0xff);
    program.memory.insert(program.memory.end(), beats.begin(), beats.end());
    load.mem_addr = 2;
    load.count = static_cast<int>(beats.size()) / beat_bytes;
    load.coded = 1;
  }
  std::string message() {
    try {
      WeightBursts(program).at(load, "p: instruction 0: ");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

Bytes random_burst(std::uint64_t seed, stream::ChipWeights* weights = nullptr, bool freeze = false) {
  std::mt19937_64 random_bits(seed);
  const stream::ChipWeights its = stream::random_chip_weights(random_bits, freeze);
  if (weights != nullptr) *weights = its;
  return stream::encode_chip(its, decoder_shape({}), "test");
}

}  // namespace

TEST_CASE("weight bursts: rows of coded bursts are those of the weights, and each takes a cycle or more",
          "[program][oracle]") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    stream::ChipWeights weights;
    Burst burst(random_burst(seed, &weights, true));
    WeightBursts bursts(burst.program);
    const WeightBurst& brought = bursts.at(burst.load, "test: ");
    const auto expected = stream::expected_rows(weights);
    REQUIRE(brought.rows.size() == expected.size());
    CHECK(brought.activity.cycles > static_cast<std::uint64_t>(burst.load.count));
    CHECK(brought.activity.cycles > expected.size());
    CHECK(brought.activity.rows == expected.size());
    const auto chunks = static_cast<std::uint64_t>(weights.chunks + weights.narrow_chunks);
    CHECK(brought.activity.sign_groups ==
          chunks * ((weights.random_signs ? 8U : 0U) + (weights.frozen ? 64U : 0U)));
    const auto table = static_cast<std::size_t>(burst.program.memory[2 * beat_bytes + 5] + 15) / 16;
    const std::size_t others = 2 + table + (weights.random_signs || weights.frozen) + weights.frozen;
    CHECK((brought.activity.words + 7) / 8 == static_cast<std::size_t>(burst.load.count) - others);
    for (std::size_t r = 0; r < expected.size(); ++r) {
      WeightRow row;
      expand_row(brought.rows[r], burst.program.arch, row);
      for (std::size_t pe = 0; pe < row.size(); ++pe)
        REQUIRE(row[pe] == WeightWord{expected[r].mask[pe], expected[r].sign[pe]});
    }
  }
}

TEST_CASE("weight bursts: what the decoder cannot take is refused with its cause", "[program][bad-input]") {
  const Bytes whole = random_burst(3);
  CHECK(Burst(whole).message() == "");
  Bytes beats(whole.begin(), whole.end() - beat_bytes);
  CHECK_THAT(Burst(beats).message(),
             Catch::Contains("p: instruction 0: the coded burst is corrupted: it ends"));
  beats = whole;
  beats.resize(whole.size() + 3 * beat_bytes, 0);
  CHECK(Burst(beats).message() == "p: instruction 0: the coded burst has 3 beats behind its last weight");
  beats = whole;
  beats[5] = 0;  // no code words
  CHECK_THAT(Burst(beats).message(), Catch::Contains("a field of its header is out of the decoder's range"));
  beats = whole;
  beats[beat_bytes] += 1;  // a code word more
  CHECK_THAT(Burst(beats).message(), Catch::Contains("no complete code"));
  Burst no_decoder(whole);
  no_decoder.program.arch.decoders = 0;
  CHECK_THAT(no_decoder.message(), Catch::Contains("a chip of 'decoders' 0 and 'chunk' 16 has no decoder"));
  stream::ChipWeights weights;
  for (std::uint64_t seed = 0; !weights.frozen; ++seed) beats = random_burst(seed, &weights, true);
  CHECK(Burst(beats).message() == "");
  Burst no_generator(beats);
  no_generator.program.arch.freeze_generator = 0;
  CHECK_THAT(no_generator.message(), Catch::Contains("a field of its header is out of the decoder's range"));
  Burst small(whole);
  small.program.arch.weight_rows = 1;
  CHECK_THAT(small.message(), Catch::Contains("more than the weight buffer's 1 rows"));
}

TEST_CASE("weight bursts: random bytes end with a message, never otherwise", "[program][bad-input]") {
  std::mt19937_64 random_bits(7);
  int refused = 0;
  for (int round = 0; round < 400; ++round)
    refused += !Burst(stream::damage(random_burst(static_cast<std::uint64_t>(round)), random_bits))
                    .message()
                    .empty();
  CHECK(refused > 300);
}
