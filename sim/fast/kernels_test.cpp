// SPDX-License-Identifier: Apache-2.0
// The kernels against plain sums of units times levels, and what the gather's survey counts.
#include "sim/fast/kernels.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"
#include "sim/fast/gather.hpp"

using namespace wd;
using namespace wd::sim::fast;

namespace {

using Codes = std::vector<std::uint8_t>;

struct Limbs {
  Codes of;  // [limb][code]
  std::size_t plane, count;

  Limbs(Kernel kernel, const Codes& codes) : of(most_limbs * codes.size()), plane(codes.size()) {
    count = kernel_set(kernel).limbs(codes.data(), codes.size(), of.data(), plane);
  }
  int units(std::size_t i) const { return of[i] + 256 * of[plane + i] + 65536 * (of[2 * plane + i] - 4); }
};

template <typename Check>
void for_kernels(Check check) {
  for (const Kernel kernel : all_kernels())
    if (available(kernel)) {
      INFO("kernel " << name_of(kernel));
      check(kernel);
    }
}

/// @param range of codes, and weights of +-7 alone where `extreme`
void compare(std::size_t reduction, std::size_t pes, int lowest, int highest, bool extreme, unsigned seed) {
  std::mt19937 random(seed);
  Codes codes(groups * reduction);  // [quad][group][4]
  std::vector<std::int8_t> weights(reduction * pes);
  for (std::uint8_t& code : codes)
    code = static_cast<std::uint8_t>(
        lowest + static_cast<int>(random() % static_cast<unsigned>(highest - lowest + 1)));
  for (std::int8_t& weight : weights)
    weight = static_cast<std::int8_t>(extreme ? (random() % 8 == 0 ? -7 : 7)
                                              : static_cast<int>(random() % 15) - 7);
  std::vector<std::int64_t> expected(groups * pes), totals(pes);
  for (std::size_t k = 0; k < reduction; ++k)
    for (std::size_t pe = 0; pe < pes; ++pe) {
      const std::int64_t weight = weights[(k / 4 * pes + pe) * 4 + k % 4];
      totals[pe] += weight;
      for (std::size_t g = 0; g < groups; ++g)
        expected[g * pes + pe] += numerics::fp8_units(codes[(k / 4 * groups + g) * 4 + k % 4]) * weight;
    }
  std::vector<double> base;
  for (const std::int64_t total : totals) base.push_back(-4.0 * 65536 * static_cast<double>(total));
  for_kernels([&](Kernel kernel) {
    INFO("reduction " << reduction << ", " << pes << " PEs, codes " << lowest << " to " << highest);
    const Limbs limbs(kernel, codes);
    for (std::size_t wanted = 4; wanted <= groups; wanted += 4) {
      std::vector<double> sums(groups * pes, 0.5);
      kernel_set(kernel).multiply({limbs.of.data(), limbs.count, weights.data(), pes, reduction / 4, wanted,
                                   base.data(), sums.data()});
      bool right = true;
      for (std::size_t i = 0; i < sums.size(); ++i)
        right = right && sums[i] == (i < wanted * pes ? static_cast<double>(expected[i]) : 0.5);
      CHECK(right);
      if (reduction > 10000) break;
    }
  });
}

}  // namespace

TEST_CASE("kernels: limbs make up every code's units, and no more are asked for than needed",
          "[sim][oracle]") {
  for_kernels([](Kernel kernel) {
    Codes codes(256);
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(i);
    const Limbs all(kernel, codes);
    for (std::size_t i = 0; i < codes.size(); ++i) CHECK(all.units(i) == numerics::fp8_units(codes[i]));
    CHECK(all.count == 3);
    for (std::size_t code = 0; code < 256; ++code) {
      Codes one(64, 0);
      one[code % 64] = static_cast<std::uint8_t>(code);
      const int units = numerics::fp8_units(one[code % 64]);
      CHECK(Limbs(kernel, one).count == (units < 0 || units > 65535 ? 3u : units > 255 ? 2u : 1u));
    }
  });
}

TEST_CASE("kernels: every product is the plain sum", "[sim][oracle]") {
  unsigned seed = 1;
  for (const std::size_t pes : {16, 32, 48, 64})
    for (const std::size_t reduction : {16, 64, 144, 576})
      for (const auto& [lowest, highest] : {std::pair{0, 255}, {0, 0x40}, {0, 0x60}, {0, 0x7f}, {0, 0}})
        compare(reduction, pes, lowest, highest, false, seed++);
}

TEST_CASE("kernels: sums that leave 16 and 32 bits are exact", "[sim][oracle]") {
  for (const auto& [lowest, highest] :
       {std::pair{0x7e, 0x7f}, {0xfe, 0xff}, {0x67, 0x67}, {0x5f, 0x5f}, {0x3f, 0x3f}}) {
    compare(4608, 16, lowest, highest, true, 1);
    compare((std::size_t{1} << 20) + 32, 16, lowest, highest, true, 2);  // cut
  }
}

TEST_CASE("kernels: dot products and the largest magnitude", "[sim][oracle]") {
  std::mt19937 random(3);
  for (const std::size_t count : {0, 1, 15, 16, 576, 5000, 70001}) {
    Codes a(count), b(count);
    std::vector<double> values(count);
    std::uint64_t dot = 0;
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      a[i] = static_cast<std::uint8_t>(random() % 4 == 0 ? 255 : random());
      b[i] = static_cast<std::uint8_t>(random() % 4 == 0 ? 255 : random());
      dot += std::uint64_t{a[i]} * b[i];
      values[i] = static_cast<double>(static_cast<int>(random() % 2000001) - 1000000);
      largest = std::max(largest, std::abs(values[i]));
    }
    for_kernels([&](Kernel kernel) {
      CHECK(kernel_set(kernel).dot(a.data(), b.data(), count) == dot);
      CHECK(kernel_set(kernel).largest(values.data(), count) == largest);
    });
  }
}

TEST_CASE("kernels: a survey counts activations that are not zero, by group and position", "[sim][oracle]") {
  std::mt19937 random(4);
  Codes codes(9 * groups * 4);
  for (std::uint8_t& code : codes) {
    constexpr std::uint8_t some[] = {0, 0x80, 1, 0x81, 0x7f, 0xff};  // both zeros among them
    code = some[random() % 6];
  }
  TileActs acts;
  survey(codes, acts);
  std::uint64_t nonzero = 0;
  for (std::size_t quad = 0; quad < 9; ++quad)
    for (std::size_t i = 0; i < 4; ++i) {
      int of_position = 0;
      for (std::size_t g = 0; g < groups; ++g) {
        const bool is = numerics::fp8_units(codes[(quad * groups + g) * 4 + i]) != 0;
        CHECK((acts.works[quad] >> (4 * g + i) & 1) == is);
        of_position += is;
      }
      CHECK(acts.operands[4 * quad + i] == of_position);
      nonzero += static_cast<std::uint64_t>(of_position);
    }
  CHECK(acts.nonzero == nonzero);
}

TEST_CASE("kernels: a name that this processor cannot follow is refused", "[sim]") {
  CHECK(kernel_named("plain", "--kernel") == Kernel::plain);
  CHECK_THROWS_WITH(kernel_named("mmx", "--kernel"),
                    "--kernel: kernel 'mmx' is unknown; kernels are plain, avx2, avx512_vnni");
  for (const Kernel kernel : all_kernels()) {
    if (available(kernel))
      CHECK(kernel_named(name_of(kernel), "--kernel") == kernel);
    else
      CHECK_THROWS_WITH(kernel_named(name_of(kernel), "--kernel"),
                        Catch::Contains("lacks the instructions of kernel '") &&
                            Catch::Contains(name_of(kernel)) && Catch::Contains("it has those of plain"));
  }
}
