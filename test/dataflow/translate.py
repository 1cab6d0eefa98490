"""Hands a graph to the Dataflow translation of Beam's Python SDK, offline: translate.py GRAPH [option ...]

With --template_location and --staging_location of local folders and --no_auth it writes pipeline.pb and the job as
JSON, and asks nobody.
"""
import sys

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner

with open(sys.argv[1], 'rb') as file:
  graph = beam_runner_api_pb2.Pipeline.FromString(file.read())
DataflowRunner().run_pipeline(None, PipelineOptions(sys.argv[2:]), graph)
