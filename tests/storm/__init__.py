"""The product among faults: killed workers, a broker that forgets, copies of everything, at once and late."""
