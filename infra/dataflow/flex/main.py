"""What the launcher of the Flex Template runs: our command line builds the graph, Beam's Python SDK submits it.

Parameters of the template (metadata.json) become flags of `cst deploy dataflow --dry-run`; all others are Beam's own
options, which the launcher adds: project, region, job name, temp location, and where to write the job.
"""
import argparse
import datetime
import pathlib
import subprocess
import sys
import tempfile

from apache_beam.options.pipeline_options import GoogleCloudOptions
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner

CLI = pathlib.Path(__file__).resolve().parent / 'cli' / 'main.ts'


def parse(argv):
  parser = argparse.ArgumentParser()
  parser.add_argument('--workerImage', required=True)
  parser.add_argument('--venue', default='')
  parser.add_argument('--symbols', default='')
  parser.add_argument('--history', default='')
  parser.add_argument('--start', default='')
  parser.add_argument('--params', default='')
  parser.add_argument('--cli', default=str(CLI), help='where the command line is, when not beside this file')
  return parser.parse_known_args(argv)


def build_graph(ours, cloud, folder):
  command = [
      'node', ours.cli, 'deploy', 'dataflow', '--dry-run', '--out', folder,
      '--project', cloud.project, '--region', cloud.region, '--job-name', cloud.job_name,
      # Where the graph goes and what is temporary is the launcher's matter; the command line wants to know one.
      '--temp-location', 'gs://decided-by-launcher', '--image', ours.workerImage,
  ]
  now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='milliseconds')
  command += ['--start', ours.start or now]
  for name in ('venue', 'symbols', 'history'):
    value = getattr(ours, name)
    if value:
      command += ['--' + name, value]
  if ours.params:
    path = pathlib.Path(folder) / 'params.json'
    path.write_text(ours.params, encoding='utf-8')
    command += ['--params', str(path)]
  subprocess.run(command, check=True)
  graph = (pathlib.Path(folder) / 'pipeline.pb').read_bytes()
  return beam_runner_api_pb2.Pipeline.FromString(graph)


def main(argv):
  ours, beam = parse(argv)
  # One process a vCPU in one container, as `cst deploy dataflow` asks for.
  options = PipelineOptions(beam + ['--experiments=use_sibling_sdk_workers'])
  with tempfile.TemporaryDirectory() as folder:
    graph = build_graph(ours, options.view_as(GoogleCloudOptions), folder)
  # The launcher ends when this does: it must not wait for a job that never ends.
  DataflowRunner().run_pipeline(None, options, graph)


if __name__ == '__main__':
  main(sys.argv[1:])
