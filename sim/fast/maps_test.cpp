// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/maps.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace wd;
using Catch::Contains;
using sim::fast::MapLayout;
using sim::fast::MapTensor;

namespace {

/// A program whose frame has these instructions, each of a program layer of its own.
struct Sketch {
  program::Program program;

  Sketch& add(const program::LayerPart& part, int height, int width, int blocks, bool score = false) {
    arch::Instr instr = arch::make(arch::Op::Conv);
    instr.out_h = height, instr.out_w = width, instr.out_blocks = blocks, instr.score = score;
    instr.layer = static_cast<int>(program.layers.size());
    program.layers.push_back({"layer" + std::to_string(instr.layer), 1, part});
    program.instrs.push_back(instr);
    return *this;
  }
  Sketch& loop(int iterations) {
    arch::Instr instr = arch::make(arch::Op::Loop);
    instr.count = iterations;
    program.instrs.push_back(instr);
    return *this;
  }
  Sketch& end(arch::Op op) {
    program.instrs.push_back(arch::make(op));
    return *this;
  }
};

Sketch whole_layers() {
  return Sketch()
      .add({}, 8, 8, 3)
      .loop(2)
      .add({}, 4, 4, 2)
      .end(arch::Op::EndLoop)
      .add({}, 1, 1, 1, true)
      .end(arch::Op::Halt);
}

/// The same layers: the first in two parts and stripes, with the second one's iterations between them.
Sketch divided_layers() {
  return Sketch()
      .add({0, 0, 0, 2}, 8, 8, 1)
      .add({0, 0, 4, 0}, 4, 8, 2)
      .add({1, 1, 0, 0}, 4, 4, 2)
      .add({1, 0, 0, 0}, 4, 4, 2)
      .add({0, 0, 0, 0}, 4, 8, 2)
      .add({2, 0, 0, 0}, 1, 1, 1, true)
      .end(arch::Op::Halt);
}

}  // namespace

TEST_CASE("maps: a layer's outputs have their places, whatever parts it is computed in", "[sim][oracle]") {
  const Sketch whole = whole_layers(), divided = divided_layers();
  const MapLayout a(whole.program), b(divided.program);
  const std::vector<MapTensor> tensors{{0, 0, 1, 8, 8, 3}, {1, 0, 2, 4, 4, 2}};
  CHECK(a.tensors() == tensors);
  CHECK(b.tensors() == tensors);
  CHECK(a.maps() == 8 * 8 * 3 + 2 * 4 * 4 * 2);
  CHECK(a.saturations() == 4 * 3 + 2 * 2);
  CHECK(b.empty_frame() == a.empty_frame());
  const arch::Instr *first = &whole.program.instrs[0], *second = &whole.program.instrs[2];
  const auto& parts = divided.program.instrs;
  CHECK(b.outputs(parts[0], 0).map(5, 6, 0) == a.outputs(*first, 0).map(5, 6, 2));
  CHECK(b.outputs(parts[1], 0).map(1, 6, 1) == a.outputs(*first, 0).map(5, 6, 1));
  CHECK(b.outputs(parts[1], 0).saturations(1, 1) == a.outputs(*first, 0).saturations(3, 1));
  CHECK(b.outputs(parts[2], 0).map(3, 2, 1) == a.outputs(*second, 1).map(3, 2, 1));
  CHECK(b.outputs(parts[3], 0).saturations(0, 1) == a.outputs(*second, 0).saturations(0, 1));
  std::set<std::size_t> places;
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x)
      for (int block = 0; block < 3; ++block) places.insert(a.outputs(*first, 0).map(y, x, block));
  CHECK(places.size() == 8 * 8 * 3);
  CHECK(*places.rbegin() == 8 * 8 * 3 - 1);
}

TEST_CASE("maps: instructions with one layer number take turns", "[sim]") {
  Sketch twice = Sketch().add({}, 4, 4, 1).add({}, 4, 4, 2).end(arch::Op::Halt);
  twice.program.instrs[1].layer = 0;
  CHECK(MapLayout(twice.program).tensors() == std::vector<MapTensor>{{0, 0, 1, 4, 4, 1}, {0, 1, 1, 4, 4, 2}});
}

TEST_CASE("maps: programs whose outputs have no single origin are refused by layer, with the remedy",
          "[sim][bad-input]") {
  const auto refused = [](Sketch sketch, const std::string& message) {
    CHECK_THROWS_WITH(MapLayout(sketch.end(arch::Op::Halt).program),
                      Contains(message) && Contains("run without --record and --replay"));
  };
  refused(Sketch().add({0, 0, 0, 0}, 8, 8, 1).add({0, 0, 0, 0}, 8, 8, 1), "a frame computes 2048 outputs");
  refused(Sketch().add({0, 0, 4, 0}, 4, 8, 1), "a frame computes 512 outputs of layers that have 1024");
  refused(Sketch()
              .add({0, 0, 0, 0}, 4, 8, 1)
              .add({0, 0, 4, 0}, 4, 8, 1)
              .add({0, 0, 4, 0}, 4, 8, 1)
              .add({0, 0, 12, 0}, 4, 8, 1),
          "layer layer2: an output is computed twice");
  refused(Sketch().add({0, 0, 0, 0}, 3, 8, 1).add({0, 0, 3, 0}, 3, 8, 1),
          "layer layer1: its parts do not fit");
  refused(Sketch().add({0, 0, 0, 0}, 4, 8, 1).add({0, 0, 4, 0}, 4, 16, 1),
          "layer layer1: its parts do not fit");
}
