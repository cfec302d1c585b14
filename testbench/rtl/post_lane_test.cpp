// SPDX-License-Identifier: Apache-2.0
// A lane of the post unit, a step every cycle or with gaps, against hw/numerics; without and with a bias in the sums.
#include <Vwd_post_lane.h>
#include <Vwd_post_lane_bias.h>
#include <Vwd_post_lane_narrow.h>

#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "hw/arch/arch.hpp"
#include "hw/numerics/post.hpp"

namespace {

using namespace wd::numerics;

struct Step {
  bool valid;
  std::int64_t acc;
  Fp16 gamma, beta;
  std::uint8_t residual, input;
};

struct Setting {
  int acc_shift, residual_shift;
  bool residual, relu, elementwise;
};

Fp16 expected_score(const Step& step, const Setting& setting) {
  const Fp16 t =
      setting.elementwise ? post_scale(fp8_units(step.input), 0) : post_scale(step.acc, setting.acc_shift);
  Fp16 z = fp16_fma(t, step.gamma, step.beta);
  if (setting.residual) z = post_residual(z, step.residual, setting.residual_shift);
  return setting.relu ? post_relu(z) : z;
}

/// Near one, so that most results are finite, or any bits.
Fp16 factor(std::mt19937_64& random_bits) {
  const auto bits = static_cast<Fp16>(random_bits());
  return random_bits() % 8 == 0 ? bits : static_cast<Fp16>((bits & 0x83ff) | (10 + random_bits() % 10) << 10);
}

template <typename Lane>
void check(int acc_bits, std::int64_t bias) {
  constexpr std::size_t stages = wd::arch::post_stages;
  std::mt19937_64 random_bits(23);
  Lane lane;
  std::deque<Step> steps(stages + 1);  // [s]: in stage s, 0 being that in which the sum is selected
  int ordinary = 0;
  for (int run = 0; run < 400; ++run) {
    const Setting setting{static_cast<int>(random_bits() % 64) - 32,
                          static_cast<int>(random_bits() % 31) - 15, random_bits() % 2 == 0,
                          random_bits() % 4 == 0, random_bits() % 4 == 0};
    lane.acc_shift_i = setting.acc_shift & 63;
    lane.residual_shift_i = setting.residual_shift & 63;
    lane.residual_on_i = setting.residual;
    lane.relu_i = setting.relu;
    lane.elementwise_i = setting.elementwise;
    for (int cycle = 0; cycle < 300; ++cycle) {
      const bool draining = cycle >= 290;
      steps.push_front(
          {!draining && random_bits() % 8 != 0,
           static_cast<std::int64_t>(random_bits()) >> (64 - acc_bits + static_cast<int>(random_bits() % 20)),
           factor(random_bits), factor(random_bits), static_cast<std::uint8_t>(random_bits()),
           static_cast<std::uint8_t>(random_bits())});
      steps.pop_back();
      unsigned valid = 0;
      for (std::size_t s = 1; s <= stages; ++s) valid |= unsigned{steps[s].valid} << (s - 1);
      lane.valid_i = valid;
      lane.acc_i = static_cast<std::uint64_t>(steps[1].acc + bias) & ((std::uint64_t{1} << acc_bits) - 1);
      lane.input_i = steps[1].input;
      lane.gamma_i = steps[2].gamma;
      lane.beta_i = steps[2].beta;
      lane.residual_i = steps[4].residual;
      lane.clk_i = 0;
      lane.eval();
      if (steps[stages].valid) {
        const Step& step = steps[stages];
        const Fp16 score = expected_score(step, setting);
        const Fp8Result code = fp8_from_fp16(score);
        ordinary += (score & 0x7c00) != 0x7c00 && (score & 0x7c00) != 0;
        if (lane.score_o != score || lane.code_o != code.code ||
            bool{lane.saturated_o != 0} != code.saturated) {
          CAPTURE(run, cycle, step.acc, setting.elementwise, int{step.input}, step.gamma, step.beta,
                  int{step.residual}, setting.acc_shift, setting.residual_shift, setting.residual,
                  setting.relu);
          REQUIRE(lane.score_o == score);
          REQUIRE(lane.code_o == code.code);
          REQUIRE(bool{lane.saturated_o != 0} == code.saturated);
        }
      }
      lane.clk_i = 1;
      lane.eval();
    }
  }
  CHECK(ordinary > 20000);
}

TEST_CASE("post lane: sums of 36 bits", "[rtl][oracle]") { check<Vwd_post_lane>(36, 0); }
TEST_CASE("post lane: a bias of the sums is taken off", "[rtl][oracle]") {
  check<Vwd_post_lane_bias>(36, 1 << 21);
}
TEST_CASE("post lane: sums of 24 bits", "[rtl][oracle]") { check<Vwd_post_lane_narrow>(24, 0); }

}  // namespace
