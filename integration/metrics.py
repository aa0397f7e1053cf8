"""What /metrics says, read by Prometheus' own parser."""

import requests
from prometheus_client.parser import text_string_to_metric_families


class Metrics:
    def __init__(self, text):
        self.text = text
        # Not by family name: the parser gives a gauge `x` and a counter `x_total` the same one.
        self.samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def total(self, name, **labels):
        """The sum over all series of `name` that carry these labels; 0 if there are none."""
        return sum(sample.value for sample in self.matching(name, labels))

    def matching(self, name, labels):
        return [
            sample
            for sample in self.samples
            if sample.name == name and all(sample.labels.get(key) == str(value) for key, value in labels.items())
        ]

    def value(self, name, **labels):
        """The one series with these labels."""
        found = self.matching(name, labels)
        assert len(found) == 1, f"{name}{labels}: {len(found)} series"
        return found[0].value


def scrape(port):
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=20)
    assert answer.status_code == 200, answer.text
    return Metrics(answer.text)
