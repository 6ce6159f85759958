"""Where each likelihood lies in an array of memristors."""

from hwgen.bayes.config import BayesConfig
from hwgen.bayes.table import LikelihoodTable
from hwgen.memristor.geometry import Place


def array_words(config: BayesConfig, table: LikelihoodTable) -> dict[int, int]:
    """The words that hold a table, by address: the block of a likelihood is that of its row and column, its place in
    the block its bin, word after word and row after row."""
    geometry = config.array_config.geometry
    words = {}
    for column, stream in enumerate(table.streams):
        for index, likelihoods in enumerate(stream.tolist()):
            line, word = divmod(index, geometry.words_per_row)
            for row, likelihood in enumerate(likelihoods):
                words[geometry.address(Place(row, column, line, word))] = likelihood
    return words
