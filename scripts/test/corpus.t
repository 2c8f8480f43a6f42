#!/bin/sh
# corpus.t: every case of the corpus, over all designs, under the sanitizers; pagerig prints the TAP.
cd "$(dirname "$0")/../.." || exit 1
exec "${PAGERIG_ASAN:-build/pagerig-asan}" replay --all-designs corpus
