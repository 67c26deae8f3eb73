# Ansible's way into the hosts of test/hosts: runs commands and copies files by the tool that boots them.
import json
import os
import subprocess

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: hosts
short_description: throwaway hosts of the tests
description: SYNCD_HOSTS is the command, as a JSON list
"""


class Connection(ConnectionBase):
    transport = "hosts"
    has_pipelining = True

    def _connect(self):
        self._connected = True
        return self

    def _tool(self, *args, data=None):
        command = json.loads(os.environ["SYNCD_HOSTS"]) + list(args)
        ended = subprocess.run(command, input=data if data is not None else b"", capture_output=True)
        return ended.returncode, ended.stdout, ended.stderr

    @property
    def _host(self):
        return self._play_context.remote_addr.split(".")[0]

    def exec_command(self, cmd, in_data=None, sudoable=True):
        return self._tool("run", self._host, "--", "sh", "-c", cmd, data=in_data)

    def put_file(self, in_path, out_path):
        code, _, said = self._tool("push", self._host, in_path, out_path)
        if code != 0:
            raise AnsibleError(said.decode())

    def fetch_file(self, in_path, out_path):
        code, content, said = self._tool("run", self._host, "--", "cat", in_path)
        if code != 0:
            raise AnsibleError(said.decode())
        with open(out_path, "wb") as file:
            file.write(content)

    def close(self):
        self._connected = False
