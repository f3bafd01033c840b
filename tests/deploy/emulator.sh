# Starts the emulator of AWS. Sourced after packaging/tools.sh, by scripts that have a folder `$work` and a list `pids`.

emulator_packages=(ministack==1.5.33 aws-sam-translator==1.115.0 cryptography==50.0.2 awscli==1.46.2 sentry-sdk==2.75.0)
emulator="$(environment emulator "${emulator_packages[@]}")"

export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER=
export SAM_CLI_TELEMETRY=0 PYTHONDONTWRITEBYTECODE=1

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_emulator() {
  local port
  port="$(free_port)"
  export AWS_ENDPOINT_URL="http://127.0.0.1:$port"
  say "starting the emulator, with IAM enforced"
  export FAULTLINE_EMULATOR_STATE="$work/state"
  mkdir -p "$FAULTLINE_EMULATOR_STATE"
  BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" AUTH=true IOT_MTLS_ENABLED=0 \
    "$emulator/bin/python" "$root/tests/deploy/emulator.py" >"$work/emulator.log" 2>&1 &
  pids+=($!)
  python3 - "$AWS_ENDPOINT_URL/_ministack/health" <<'END'
import sys, time, urllib.request
deadline = time.monotonic() + 60
while True:
    try:
        urllib.request.urlopen(sys.argv[1])
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.1)
END
}
