# JupyterLab in a container: there is no browser here, so it prints a link. Its token stays: the link has it.
set -euo pipefail
options=(--no-browser --port 8888 --ServerApp.port_retries=0)
# Codespaces hands our port to the browser under another name, whose messages Jupyter would refuse.
if [ -n "${CODESPACE_NAME:-}" ]; then
  options+=("--ServerApp.allow_origin=https://$CODESPACE_NAME-8888.$GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN")
fi
exec .venv/bin/jupyter lab --config lab/config.py "${options[@]}"
