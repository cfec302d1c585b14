// SPDX-License-Identifier: Apache-2.0
// A lane of the post unit, a step every cycle or with gaps, against hw/numerics; without and with a bias in the sums.
#include <Vwd_post_lane.h>
#include <Vwd_post_lane_bias.h>
#include <Vwd_post_lane_narrow.h>

#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <random>

#include "hw/arch/arch.hpp"
#include "hw/numerics/post.hpp"
#include "testbench/rtl/cover.hpp"

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

/// Near one, so that most results are finite, or any bits, or what is special.
Fp16 factor(std::mt19937_64& random_bits) {
  const auto bits = static_cast<Fp16>(random_bits());
  if (random_bits() % 64 == 0)
    return std::array<Fp16, 5>{0, 0x8000, fp16_infinity, 0xfc00, fp16_nan}[random_bits() % 5];
  return random_bits() % 8 == 0 ? bits : static_cast<Fp16>((bits & 0x83ff) | (10 + random_bits() % 10) << 10);
}

void note(wd::Cover& cover, const Step& step, const Setting& setting, Fp16 score, int acc_bits) {
  const bool nan = fp16_is_nan(score), infinite = fp16_is_infinite(score);
  const Fp16 before = expected_score(
      step, {setting.acc_shift, setting.residual_shift, setting.residual, false, setting.elementwise});
  const Fp16 t =
      setting.elementwise ? post_scale(fp8_units(step.input), 0) : post_scale(step.acc, setting.acc_shift);
  cover.hit("sum", !setting.elementwise);
  cover.hit("input", setting.elementwise);
  cover.hit("sum of 0", !setting.elementwise && step.acc == 0);
  cover.hit("least sum", !setting.elementwise && step.acc == -(std::int64_t{1} << (acc_bits - 1)));
  cover.hit("greatest sum", !setting.elementwise && step.acc == (std::int64_t{1} << (acc_bits - 1)) - 1);
  cover.hit("least acc_shift", !setting.elementwise && setting.acc_shift == -32);
  cover.hit("greatest acc_shift", !setting.elementwise && setting.acc_shift == 31);
  cover.hit("sum scaled to infinity", !setting.elementwise && fp16_is_infinite(t));
  cover.hit("sum scaled to a subnormal", !setting.elementwise && (t & 0x7c00) == 0 && (t & 0x3ff) != 0);
  cover.hit("sum scaled to 0", !setting.elementwise && step.acc != 0 && (t & 0x7fff) == 0);
  cover.hit("input is NaN", setting.elementwise && (step.input & 0x7f) == 0x7f);
  cover.hit("input is subnormal", setting.elementwise && (step.input & 0x78) == 0 && (step.input & 7) != 0);
  cover.hit("gamma is 0", (step.gamma & 0x7fff) == 0);
  cover.hit("gamma is subnormal", (step.gamma & 0x7c00) == 0 && (step.gamma & 0x3ff) != 0);
  cover.hit("gamma is infinite", fp16_is_infinite(step.gamma));
  cover.hit("gamma is NaN", fp16_is_nan(step.gamma));
  cover.hit("beta is 0", (step.beta & 0x7fff) == 0);
  cover.hit("beta is infinite", fp16_is_infinite(step.beta));
  cover.hit("beta is NaN", fp16_is_nan(step.beta));
  cover.hit("infinity times 0", fp16_is_infinite(step.gamma) && (t & 0x7fff) == 0);
  cover.hit("infinities of both signs",
            fp16_is_infinite(step.beta) && nan && !fp16_is_nan(step.gamma) && !fp16_is_nan(t));
  cover.hit("no residual", !setting.residual);
  cover.hit("residual", setting.residual);
  cover.hit("residual of 0", setting.residual && (step.residual & 0x7f) == 0);
  cover.hit("least residual_shift", setting.residual && setting.residual_shift == -15);
  cover.hit("greatest residual_shift", setting.residual && setting.residual_shift == 15);
  cover.hit("residual to infinity", setting.residual && infinite);
  cover.hit("relu of a negative", setting.relu && before >> 15 != 0 && !fp16_is_nan(before));
  cover.hit("relu of a positive", setting.relu && before >> 15 == 0 && !nan);
  cover.hit("result is NaN", nan);
  cover.hit("result is 0", (score & 0x7fff) == 0);
  cover.hit("result is subnormal", (score & 0x7c00) == 0 && (score & 0x3ff) != 0);
  cover.hit("result saturates", fp8_from_fp16(score).saturated && !infinite);
  cover.hit("infinite result saturates", infinite);
  cover.hit("code is 0 of a result that is not",
            !nan && (score & 0x7fff) != 0 && (fp8_from_fp16(score).code & 0x7f) == 0);
}

template <typename Lane>
void check(int acc_bits, std::int64_t bias) {
  constexpr std::size_t stages = wd::arch::post_stages;
  wd::Cover cover{"wd_post_lane",
                  {"sum",
                   "input",
                   "sum of 0",
                   "least sum",
                   "greatest sum",
                   "least acc_shift",
                   "greatest acc_shift",
                   "sum scaled to infinity",
                   "sum scaled to a subnormal",
                   "sum scaled to 0",
                   "input is NaN",
                   "input is subnormal",
                   "gamma is 0",
                   "gamma is subnormal",
                   "gamma is infinite",
                   "gamma is NaN",
                   "beta is 0",
                   "beta is infinite",
                   "beta is NaN",
                   "infinity times 0",
                   "infinities of both signs",
                   "no residual",
                   "residual",
                   "residual of 0",
                   "least residual_shift",
                   "greatest residual_shift",
                   "residual to infinity",
                   "relu of a negative",
                   "relu of a positive",
                   "result is NaN",
                   "result is 0",
                   "result is subnormal",
                   "result saturates",
                   "infinite result saturates",
                   "code is 0 of a result that is not",
                   "step each cycle",
                   "gap before a step",
                   "all stages empty"}};
  std::mt19937_64 random_bits(23);
  Lane lane;
  std::deque<Step> steps(stages + 1);  // [s]: in stage s, 0 being that in which the sum is selected
  int ordinary = 0;
  for (int run = 0; run < 400; ++run) {
    const Setting setting{run % 32 == 0   ? -32
                          : run % 32 == 1 ? 31
                                          : static_cast<int>(random_bits() % 64) - 32,
                          run % 32 == 2   ? -15
                          : run % 32 == 3 ? 15
                                          : static_cast<int>(random_bits() % 31) - 15,
                          random_bits() % 2 == 0, random_bits() % 4 == 0, random_bits() % 4 == 0};
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
      const std::int64_t end = std::int64_t{1} << (acc_bits - 1);
      if (random_bits() % 64 == 0)
        steps[0].acc = std::array<std::int64_t, 3>{0, -end, end - 1}[random_bits() % 3];
      unsigned valid = 0;
      for (std::size_t s = 1; s <= stages; ++s) valid |= unsigned{steps[s].valid} << (s - 1);
      lane.valid_i = valid;
      cover.hit("step each cycle", valid == (1u << stages) - 1);
      cover.hit("gap before a step", (valid & 3) == 1);
      cover.hit("all stages empty", valid == 0);
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
        note(cover, step, setting, score, acc_bits);
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
  CHECK(cover.missed() == "");
}

TEST_CASE("post lane: sums of 36 bits", "[rtl][oracle]") { check<Vwd_post_lane>(36, 0); }
TEST_CASE("post lane: a bias of the sums is taken off", "[rtl][oracle]") {
  check<Vwd_post_lane_bias>(36, 1 << 21);
}
TEST_CASE("post lane: sums of 24 bits", "[rtl][oracle]") { check<Vwd_post_lane_narrow>(24, 0); }

}  // namespace
