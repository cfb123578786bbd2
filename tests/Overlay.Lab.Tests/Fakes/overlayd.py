#!/usr/bin/python3
"""Stands in for overlayd in the lab's own tests: says that it is ready, answers GET /ready, and keeps a UDP socket
with a fresh random answer in the supervisor's store, so that a test can see whether it is the same socket."""
import array, http.server, json, os, socket, socketserver, sys, threading

options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
run = options["--run-dir"]
os.makedirs(run, exist_ok=True)


def notify(text, descriptors=()):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(os.environ["NOTIFY_SOCKET"])
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        s.sendmsg([text.encode()], rights)


held = []
if os.environ.get("LISTEN_PID") == str(os.getpid()):
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    held = [(names[i], 3 + i) for i in range(int(os.environ["LISTEN_FDS"]))]

if os.environ.get("FAKE_FAILS"):
    sys.exit("refuses to start, as it was asked to")

if held:
    udp = socket.socket(fileno=held[0][1])
else:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((options["--tunnel-address"], 7000))
    notify("FDSTORE=1\nFDNAME=echo", [udp.fileno()])
    notify("FDSTORE=1\nFDNAME=gone", [udp.fileno()])
    notify("FDSTOREREMOVE=1\nFDNAME=gone")


def echo():
    while True:
        data, peer = udp.recvfrom(2048)
        udp.sendto(data, peer)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"options": options, "held": [n for n, _ in held], "inode": os.fstat(udp.fileno()).st_ino}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "local"

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


path = run + "/agent.sock"
if os.path.exists(path):
    os.unlink(path)
threading.Thread(target=echo, daemon=True).start()
server = Server(path, Handler)
print("fake overlayd with", options, flush=True)
notify("READY=1\nSTATUS=fake, holds %d" % len(held))
server.serve_forever()
