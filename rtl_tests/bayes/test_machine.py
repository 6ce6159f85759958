"""A trained classifier, in memory, becomes a design."""

import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import BernoulliNB, GaussianNB

import hwgen
from hwgen.bayes.binning import Binning
from hwgen.errors import DesignError

FEATURES, LABELS = load_iris(return_X_y=True)
NAMES = load_iris().target_names[LABELS]


def test_a_classifier_becomes_a_design_that_decides_as_it_does() -> None:
    classifier = GaussianNB().fit(FEATURES[::2], NAMES[::2])
    binning = Binning.uniform(FEATURES[::2], 64)
    design = hwgen.design_from_classifier(
        classifier, "iris", mode="logarithmic", features=FEATURES[1::2], labels=NAMES[1::2], binning=binning
    )
    decisions = hwgen.open_design(design).infer(design.evaluation.samples).decisions
    agreement = (classifier.classes_[decisions] == classifier.predict(FEATURES[1::2])).mean()
    assert agreement >= 0.97
    assert design.fidelity()["agreement_golden"] >= 0.97


def test_parameters_of_the_machine_pass_through() -> None:
    design = hwgen.design_from_classifier(
        BernoulliNB(binarize=2.0).fit(FEATURES, LABELS), "iris", mode="stochastic", stop="lead", lead=2, prior=True
    )
    assert (design.config.stop, design.config.lead, design.config.bins) == ("lead", 2, (2, 2, 2, 2))
    assert len(design.parameters.streams) == 5
    assert design.fidelity()["accuracy_float"] is None


@pytest.mark.parametrize(
    ("classifier", "options", "message"),
    [
        (GaussianNB(), {}, "was not fitted"),
        (GaussianNB().fit(FEATURES, LABELS), {"features": FEATURES}, "features and labels must be given together"),
        (
            GaussianNB().fit(FEATURES, LABELS),
            {"features": FEATURES, "labels": LABELS[:3]},
            "equally many, not 150 and 3",
        ),
        (GaussianNB().fit(FEATURES, LABELS), {"features": FEATURES, "labels": NAMES}, "must be classes of the model"),
        (
            GaussianNB().fit(FEATURES, LABELS),
            {"features": FEATURES[:, :2], "labels": LABELS},
            r"\(n, 4\) or wider, not",
        ),
        (GaussianNB().fit(FEATURES, LABELS), {"zeros": "keep"}, "source.zeros has no meaning in logarithmic mode"),
        (GaussianNB().fit(FEATURES, LABELS), {"rows": 4}, "bayes.rows must be 3 as in its source, not 4"),
        (BernoulliNB().fit(FEATURES, LABELS), {"binning": Binning.integers([2] * 4)}, "no meaning with BernoulliNB"),
    ],
)
def test_what_does_not_fit_is_refused(classifier: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        hwgen.design_from_classifier(classifier, "iris", mode="logarithmic", **options)


def test_a_name_that_verilog_reserves_is_refused() -> None:
    with pytest.raises(DesignError, match="must not be 'small', which is a keyword of Verilog"):
        hwgen.design_from_classifier(GaussianNB().fit(FEATURES, LABELS), "small", mode="logarithmic")
