#!/usr/bin/env node
import { launch } from './launch.js';

launch('syncctl', '../ctl/main.js');
