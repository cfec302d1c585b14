// SPDX-License-Identifier: Apache-2.0
// The assertions on AXI4 and AXI4-Lite by themselves: legal traffic breaks none, each rule is broken alone by traffic that a small change makes illegal.
#include <Vwd_axi_rules.h>
#include <Vwd_axil_rules.h>
#include <verilated.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <set>

namespace {

/// A checker whose assertions are counted, not fatal.
template <typename Rules>
struct Bench {
  Bench() {
    context->errorLimit(1'000'000);
    Verilated::threadContextp(context.get());
    rules = std::make_unique<Rules>(context.get());
    rules->clk_i = 0;
    for (int i = 0; i < 2; ++i) cycle([](Rules&) {});
    rules->rst_ni = 1;
    broken.clear();
    asserted = 0;
  }

  ~Bench() {
    Verilated::threadContextp(context.get());  // where the model's scopes are, whichever model was made last
    rules.reset();
  }

  /// A cycle with these values; all others stay. Valid and ready signals are low before.
  void cycle(const std::function<void(Rules&)>& drive) {
    Rules& r = *rules;
    r.arvalid_i = r.arready_i = r.rvalid_i = r.rready_i = 0;
    r.awvalid_i = r.awready_i = r.wvalid_i = r.wready_i = r.bvalid_i = r.bready_i = 0;
    drive(r);
    r.eval();
    for (int rule = 0; rule < 14; ++rule)
      if (r.broken_o >> rule & 1) broken.insert(rule);
    const int before = context->errorCount();
    r.clk_i = 1;
    r.eval();
    asserted += context->errorCount() - before;
    r.clk_i = 0;
    r.eval();
  }

  std::unique_ptr<VerilatedContext> context = std::make_unique<VerilatedContext>();
  std::unique_ptr<Rules> rules;
  std::set<int> broken;
  int asserted = 0;
};

using Axi = Bench<Vwd_axi_rules>;
using Axil = Bench<Vwd_axil_rules>;
using Drive = std::function<void(Vwd_axi_rules&)>;
using DriveLite = std::function<void(Vwd_axil_rules&)>;

void ar(Vwd_axi_rules& r, std::uint64_t address, unsigned beats, bool ready = true) {
  r.arvalid_i = 1, r.arready_i = ready, r.araddr_i = address, r.arlen_i = beats - 1;
}
void read_beat(Vwd_axi_rules& r, bool last, bool ready = true, unsigned data = 7) {
  r.rvalid_i = 1, r.rready_i = ready, r.rlast_i = last, r.rdata_i[0] = data;
}
void aw(Vwd_axi_rules& r, std::uint64_t address, unsigned beats, bool ready = true) {
  r.awvalid_i = 1, r.awready_i = ready, r.awaddr_i = address, r.awlen_i = beats - 1;
}
void write_beat(Vwd_axi_rules& r, bool last, bool ready = true, unsigned strobes = 0xffff) {
  r.wvalid_i = 1, r.wready_i = ready, r.wlast_i = last, r.wstrb_i = strobes;
}
void b(Vwd_axi_rules& r, bool ready = true, unsigned response = 0) {
  r.bvalid_i = 1, r.bready_i = ready, r.bresp_i = response;
}

TEST_CASE("axi rules: legal traffic breaks none", "[rtl]") {
  Axi axi;
  axi.cycle([](auto& r) { ar(r, 0xff0, 1, false); });
  axi.cycle([](auto& r) { ar(r, 0xff0, 1); });
  for (int i = 0; i < 4; ++i) axi.cycle([&](auto& r) { ar(r, 0x100 * static_cast<unsigned>(i), 16); });
  axi.cycle([](auto& r) { read_beat(r, true, false); });
  axi.cycle([](auto& r) { read_beat(r, true); });
  for (int i = 0; i < 64; ++i) axi.cycle([&](auto& r) { read_beat(r, i % 16 == 15); });
  // Data of a write in the cycle of its address and before that is taken; two bursts before an answer.
  axi.cycle([](auto& r) { aw(r, 0x20, 2, false), write_beat(r, false); });
  axi.cycle([](auto& r) { aw(r, 0x20, 2), write_beat(r, true, false); });
  axi.cycle([](auto& r) { write_beat(r, true); });
  axi.cycle([](auto& r) { aw(r, 0x40, 1); });
  axi.cycle([](auto& r) { write_beat(r, true, true, 0), b(r, false, 2); });
  axi.cycle([](auto& r) { b(r, true, 2); });
  axi.cycle([](auto& r) { b(r); });
  CHECK(axi.broken.empty());
  CHECK(axi.asserted == 0);
}

TEST_CASE("axi rules: each is broken by what it forbids, alone, and its assertion fails",
          "[rtl][bad-input]") {
  const std::vector<std::vector<Drive>> planted{
      // 0 to 4: what is offered and not taken changes, or goes.
      {[](auto& r) { ar(r, 0x100, 4, false); }, [](auto& r) { ar(r, 0x110, 4); }},
      {[](auto& r) { ar(r, 0x100, 4); }, [](auto& r) { read_beat(r, false, false, 1); },
       [](auto& r) { read_beat(r, false, true, 2); }},
      {[](auto& r) { aw(r, 0x100, 4, false); }, [](auto&) {}},
      {[](auto& r) { aw(r, 0x100, 4), write_beat(r, false, false); },
       [](auto& r) { write_beat(r, false, true, 0xff); }},
      {[](auto& r) { aw(r, 0x100, 1), write_beat(r, true); }, [](auto& r) { b(r, false, 0); },
       [](auto& r) { b(r, true, 2); }},
      // 5, 6: over a page's end, or not at a beat's place; 7: 17 beats.
      {[](auto& r) { ar(r, 0xff0, 2); }},
      {[](auto& r) { aw(r, 0x1f80, 9); }},
      {[](auto& r) { ar(r, 0, 17); }},
      // 8: a beat that nobody asked for; 9: the last one too early; 10: data without an address; 11: the last one too late.
      {[](auto& r) { ar(r, 0, 1); }, [](auto& r) { read_beat(r, true); },
       [](auto& r) { read_beat(r, true, false); }},
      {[](auto& r) { ar(r, 0, 3); }, [](auto& r) { read_beat(r, false); },
       [](auto& r) { read_beat(r, true); }},
      {[](auto& r) { write_beat(r, false); }},
      {[](auto& r) { aw(r, 0, 2); }, [](auto& r) { write_beat(r, false); },
       [](auto& r) { write_beat(r, false); }},
      // 12: an answer before the last beat; 13: more reads than are allowed.
      {[](auto& r) { aw(r, 0, 2), write_beat(r, false); }, [](auto& r) { b(r); }},
      std::vector<Drive>(18, [](auto& r) { ar(r, 0, 16); }),
  };
  for (int rule = 0; rule < static_cast<int>(planted.size()); ++rule) {
    Axi axi;
    INFO("rule " << rule);
    const auto& steps = planted[static_cast<std::size_t>(rule)];
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
      axi.cycle(steps[i]);
      if (rule != 13) CHECK(axi.broken.empty());
    }
    axi.cycle(steps.back());
    CHECK(axi.broken.contains(rule));
    if (rule != 0) CHECK(axi.broken.size() == 1);
    CHECK(axi.asserted >= 1);
  }
  Axi misplaced;
  misplaced.cycle([](auto& r) { ar(r, 0x108, 1); });
  CHECK(misplaced.broken == std::set<int>{5});
  // In reset nothing is asserted.
  Axi reset;
  reset.rules->rst_ni = 0;
  reset.cycle([](auto& r) { b(r); });
  CHECK(reset.asserted == 0);
}

void lite_write(Vwd_axil_rules& r, bool address, bool data, bool ready = true) {
  r.awvalid_i = address, r.wvalid_i = data, r.awready_i = r.wready_i = ready;
}
void lite_b(Vwd_axil_rules& r, bool ready, unsigned response = 0) {
  r.bvalid_i = 1, r.bready_i = ready, r.bresp_i = response;
}
void lite_read(Vwd_axil_rules& r, unsigned address, bool ready = true) {
  r.arvalid_i = 1, r.arready_i = ready, r.araddr_i = address;
}
void lite_r(Vwd_axil_rules& r, bool ready, unsigned data, unsigned response = 0) {
  r.rvalid_i = 1, r.rready_i = ready, r.rdata_i = data, r.rresp_i = response;
}

TEST_CASE("axi rules: of AXI4-Lite", "[rtl][bad-input]") {
  Axil legal;
  legal.cycle([](auto& r) { lite_write(r, true, false); });
  legal.cycle([](auto& r) { lite_write(r, false, true, false); });
  legal.cycle([](auto& r) { lite_write(r, false, true); });
  legal.cycle([](auto& r) { lite_b(r, false, 2); });
  legal.cycle([](auto& r) { lite_b(r, true, 2); });
  legal.cycle([](auto& r) { lite_read(r, 8); });
  legal.cycle([](auto& r) { lite_r(r, false, 5); });
  legal.cycle([](auto& r) { lite_r(r, true, 5); });
  CHECK(legal.broken.empty());
  CHECK(legal.asserted == 0);
  const std::vector<std::vector<DriveLite>> planted{
      {[](auto& r) { lite_write(r, true, false, false); }, [](auto&) {}},
      {[](auto& r) { lite_write(r, false, true, false); }, [](auto&) {}},
      {[](auto& r) { lite_write(r, true, true); }, [](auto& r) { lite_b(r, false, 0); },
       [](auto& r) { lite_b(r, true, 2); }},
      {[](auto& r) { lite_read(r, 8, false); }, [](auto& r) { lite_read(r, 12); }},
      {[](auto& r) { lite_read(r, 8); }, [](auto& r) { lite_r(r, false, 1); },
       [](auto& r) { lite_r(r, true, 2); }},
      {[](auto& r) { lite_write(r, true, false); }, [](auto& r) { lite_b(r, true); }},
      {[](auto& r) { lite_r(r, true, 1); }},
      {[](auto& r) { lite_read(r, 8); }, [](auto& r) { lite_r(r, true, 1, 1); }},
  };
  for (int rule = 0; rule < static_cast<int>(planted.size()); ++rule) {
    Axil axil;
    INFO("rule " << rule);
    for (const DriveLite& step : planted[static_cast<std::size_t>(rule)]) {
      CHECK(axil.broken.empty());
      axil.cycle(step);
    }
    CHECK(axil.broken == std::set<int>{rule});
    CHECK(axil.asserted == 1);
  }
}

}  // namespace
