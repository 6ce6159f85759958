"""Forward-Forward learning one unit and one weight at a time, as slowly and plainly as possible, and random machines to
run it on. Written from the rule, not from the golden model's loops."""

import math
from typing import Any

from hwgen.ff.config import FFConfig
from hwgen.ff.weights import FFWeights
from rtl_tests.ff.random_machines import advanced

Entries = dict[int, int]
"""Inputs of a pass or of one term of it: number and value, ascending."""


def clamp(value: int, least: int, most: int) -> int:
    return min(max(value, least), most)


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


class PlainMachine:
    """The machine, in lists of Python integers."""

    def __init__(self, config: FFConfig, weights: FFWeights) -> None:
        self.config = config
        self.layers = [array.tolist() for array in weights.layers]
        self.readout = [] if weights.readout is None else weights.readout.tolist()
        self.rounding = list(weights.rounding)
        self.control = weights.control
        self.previous: list[Entries] | None = None
        self.annealing = 0
        self.learns = [True] * config.engines

    def weights(self) -> FFWeights:
        return FFWeights.for_config(self.config, self.layers, self.readout or None, self.rounding, self.control)

    def run(self, pixels: list[int], label: int, learn: bool) -> dict[str, Any]:
        """One sample, and what the machine answers."""
        self.goodness = [[0, 0] for _ in self.layers]
        if self.config.supervised:
            prediction = self.train_supervised(pixels, label) if learn else self.classify(pixels)
        else:
            prediction = self.contrast(pixels, label, learn)
        return {"prediction": prediction, "goodness": self.goodness}

    # Inputs.

    def image(self, pixels: list[int]) -> Entries:
        config = self.config
        x = {number: pixel >> (config.pixel_bits - config.input_bits) for number, pixel in enumerate(pixels)}
        x[config.layers[0]] = config.bias[0]
        return {number: value for number, value in x.items() if value}

    def moved(self, x: Entries, right: int, down: int) -> Entries:
        width = self.config.image_width
        found = {}
        for number, value in x.items():
            if number == self.config.layers[0]:  # the bias
                found[number] = value
                continue
            row, column = number // width + down, number % width + right
            if 0 <= row < self.config.layers[0] // width and 0 <= column < width:
                found[row * width + column] = value
        return found

    def label_input(self, label: int) -> Entries:
        return {self.config.layers[0] + 1 + label: self.config.label_value}

    def draw(self) -> int:
        for _ in range(32):
            self.control = advanced(self.control, 32)
        return self.control

    # Passes.

    def sums(self, layer: int, terms: list[Entries]) -> list[int]:
        """W times the sum of all terms, each weight's upper 8 bits counting."""
        total = [0] * self.config.layers[layer + 1]
        for term in terms:
            for number, value in term.items():
                for unit in range(len(total)):
                    total[unit] += (self.layers[layer][number][unit] >> (self.config.master_bits - 8)) * value
        return total

    def activity(self, layer: int, terms: list[Entries]) -> tuple[list[int], list[int], int]:
        """y, what the layer gives before it is normalised, and the goodness."""
        config = self.config
        shift, most = config.activation_shift[layer], 2**config.activation_bits - 1
        half = 2**shift // 2
        scaled = [clamp((a + half) >> shift, -4 * (most + 1), 4 * (most + 1) - 1) for a in self.sums(layer, terms)]
        y = [clamp(a, 0, most) for a in scaled]
        given = y
        if not config.supervised:
            mean = sum(scaled) * round(65536 / len(scaled)) >> 16
            given = [clamp(a - mean, 0, most) for a in scaled]
        return y, given, sum(value**2 for value in y)

    def normalised(self, layer: int, given: list[int]) -> Entries:
        """x of the next layer, without a bias."""
        square = sum(value**2 for value in given)
        if square == 0:
            return {}
        q = 0
        while square >= 4 ** (q + 1):
            q += 1
        m = ((8 * square) // 4**q + 0.5) / 8  # in the middle of an eighth
        gain = self.config.rms * math.sqrt(self.config.layers[layer + 1] / m)
        shift = 7 - math.floor(math.log2(gain))
        factor = round(gain * 2.0**shift)
        if factor == 256:
            factor, shift = 128, shift - 1
        right = max(q + shift, 0)
        x = {
            j: min((value * factor + 2**right // 2) >> right, self.config.feature_max) for j, value in enumerate(given)
        }
        return {j: value for j, value in x.items() if value}

    def rise(self, terms: list[Entries]) -> tuple[list[list[int]], list[int], list[Entries]]:
        """y and goodness of each layer, and what each gives to the next one."""
        ys, goodness, features = [], [], []
        for layer in range(self.config.depth):
            y, given, g = self.activity(layer, terms)
            ys.append(y)
            goodness.append(g)
            features.append(self.normalised(layer, given))
            terms = [self.with_bias(layer + 1, features[-1])]
        return ys, goodness, features

    def with_bias(self, layer: int, x: Entries) -> Entries:
        if layer == self.config.depth or self.config.bias[layer] == 0:
            return x
        return x | {self.config.layers[layer]: self.config.bias[layer]}

    # Learning.

    def modulator(self, layer: int, difference: int) -> int:
        config = self.config
        entry = clamp((difference >> config.goodness_shift[layer]) + 32, 0, 63)
        return round((2**config.modulator_bits - 1) * logistic((entry - 32 + 0.5) / 4))

    def modulators(self, layer: int, positive: int, negative: int) -> tuple[int, int]:
        config = self.config
        if config.modulator == "pairwise":
            both = self.modulator(layer, negative - positive)
            return both, both
        units = config.layers[layer + 1]
        above, below = config.thresholds[layer]
        return self.modulator(layer, above * units - positive), self.modulator(layer, negative - below * units)

    def sweep(self, engine: int, weights: Any, terms: list[tuple[Entries, list[int]]], shift: int, bits: int) -> None:
        """w += (sum of h x + r) >> shift, with r of ``shift`` bits, for every input of any term."""
        for number in sorted({number for x, _ in terms for number in x}):
            state = f"{self.rounding[engine]:016b}"
            self.rounding[engine] = advanced(self.rounding[engine], 16)
            for unit in range(len(weights[number])):
                turn = unit % 16
                r = int(state[turn:] + state[:turn], 2) * 2**shift // 2**16
                change = sum(h[unit] * x.get(number, 0) for x, h in terms)
                moved = weights[number][unit] + math.floor((change + r) / 2**shift)
                weights[number][unit] = clamp(moved, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def learn(self, layer: int, ys: Any, goodness: Any, terms: list[tuple[Entries, int, int]]) -> None:
        """One sweep for each term, which is so often in the positive pass, so often in the negative one; or one for all
        of them."""
        if not self.learns[layer]:
            return
        scales = self.modulators(layer, goodness[0][layer], goodness[1][layer])
        better = [scales[0] * y >> self.annealing for y in ys[0][layer]]
        worse = [scales[1] * y >> self.annealing for y in ys[1][layer]]
        changing = [  # for the others, the generator stands still
            (x, [more * p - less * n for p, n in zip(better, worse, strict=True)])
            for x, more, less in terms
            if more * scales[0] or less * scales[1]
        ]
        merges = self.config.learning_sweeps == "union" and not (self.config.supervised and layer == 0)
        for sweep in [changing] if merges else [[each] for each in changing]:
            shift = self.config.update_shift[layer]
            self.sweep(layer, self.layers[layer], sweep, shift, self.config.master_bits)

    def learn_upper(self, ys: Any, goodness: Any, features: Any) -> None:
        for layer in range(1, self.config.depth):
            inputs = [self.with_bias(layer, features[which][layer - 1]) for which in range(2)]
            self.learn(layer, ys, goodness, [(inputs[0], 1, 0), (inputs[1], 0, 1)])

    # The supervised rule.

    def train_supervised(self, pixels: list[int], label: int) -> int:
        image, right = self.image(pixels), self.label_input(label)
        classes, random = self.config.classes, self.draw()
        best, wrong = -1, label
        for number in range(self.config.candidates):
            ten_bits = random // 1024**number % 1024
            other = (label + 1 + ten_bits * (classes - 1) // 1024) % classes
            goodness = self.activity(0, [image, self.label_input(other)])[2]
            if goodness > best:
                best, wrong = goodness, other
        passes = [self.rise([image, right]), self.rise([image, self.label_input(wrong)])]
        ys, good, features = zip(*passes, strict=True)
        self.goodness = [list(pair) for pair in zip(*good, strict=True)]
        self.learn(0, ys, good, [(image, 1, 1), (right, 1, 0), (self.label_input(wrong), 0, 1)])
        self.learn_upper(ys, good, features)
        return label if sum(good[0]) > sum(good[1]) else wrong

    def classify(self, pixels: list[int]) -> int:
        goodness = [self.rise([self.image(pixels), self.label_input(c)])[1] for c in range(self.config.classes)]
        totals = [sum(values) for values in goodness]
        best = totals.index(max(totals))
        self.goodness = [[g, 0] for g in goodness[best]]
        return best

    # The contrastive rule.

    def contrast(self, pixels: list[int], label: int, learn: bool) -> int:
        config = self.config
        size = config.layers[0]
        now = [self.image(pixels[step * size : (step + 1) * size]) for step in range(config.steps)]
        negatives = [layer + 1 for layer in range(config.depth) if self.learns[layer]]
        top = max(negatives, default=0) if learn and self.previous is not None else 0
        hidden: list[Entries] = [{}, {}]
        features: list[Entries] = []
        for step, x in enumerate(now):
            before = self.previous[step] if top and self.previous else {}
            terms = [(x, 2, 1), (before, 0, 1)]
            if config.view_shift:
                terms = [(x, 2, 0)]
                if top:
                    random, each = self.draw(), 2 * config.view_shift + 1
                    a, b, c, d = ((random // 256**byte % 256) * each // 256 - config.view_shift for byte in range(4))
                    terms = [(self.moved(x, a, b), 1, 1), (self.moved(x, c, d), 1, 0), (self.moved(before, c, d), 0, 1)]
            if config.recurrent:
                terms += [(hidden[0], 1, 0), (hidden[1], 0, 1)]
            passes = [self.rise([t for t, *counts in terms for _ in range(counts[which])]) for which in range(2)]
            ys, good, given = zip(*passes, strict=True)
            features = given[0]
            for layer in range(config.depth):
                self.goodness[layer][0] += good[0][layer]
                self.goodness[layer][1] += good[1][layer] if layer < top else 0
            hidden = [self.fed_back(given[0][0]), self.fed_back(given[1][0])]
            if top:
                self.learn(0, ys, good, terms)
                self.learn_upper(ys, good, given)
        prediction = self.read(features, label, learn and self.learns[-1])
        self.previous = now if learn else None
        return prediction

    def fed_back(self, x: Entries) -> Entries:
        return {self.config.layers[0] + 1 + unit: value for unit, value in x.items()}

    def read(self, features: list[Entries], label: int, learn: bool) -> int:
        config = self.config
        x, first = {}, 0
        for layer, given in enumerate(features):
            x |= {first + unit: value for unit, value in given.items()}
            first += config.layers[layer + 1]
        x[first] = config.rms
        z = [
            sum(self.readout[number][c] * value for number, value in x.items()) >> config.readout_shift
            for c in range(config.classes)
        ]
        h = [value >> self.annealing if value > 0 else -(-value >> self.annealing) for value in self.errors(z, label)]
        if learn and (config.readout == "softmax" or any(self.errors(z, label))):
            self.sweep(-1, self.readout, [(x, h)], config.readout_update_shift, config.readout_bits)
        return z.index(max(z))

    def errors(self, z: list[int], label: int) -> list[int]:
        """What each class lacks."""
        others = [c for c in range(len(z)) if c != label]
        if self.config.readout == "hinge":
            best = max(others, key=lambda c: (z[c], -c))
            if z[label] - z[best] >= self.config.margin:
                return [0] * len(z)
            return [128 * ((c == label) - (c == best)) for c in range(len(z))]
        e = [
            round(255 * math.exp(-(max(z) - value) / 8)) if max(z) - value < 64 else round(255 * math.exp(-63 / 8))
            for value in z
        ]
        return [255 * (c == label) - 255 * e[c] // sum(e) for c in range(len(z))]
