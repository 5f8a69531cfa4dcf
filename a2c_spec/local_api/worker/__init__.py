"""Carries out started jobs: fetches the inputs, runs the conversions, keeps or delivers the outputs."""
